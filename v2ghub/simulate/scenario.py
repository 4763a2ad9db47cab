"""Scenario: who decides in a simulation."""

from enum import StrEnum


class Scenario(StrEnum):
    """One of the rules, our plan by what the hub is told and forecasts, or our plan by somebody
    who knows all that will come."""

    IMMEDIATE = "immediate"
    EDF = "edf"
    LLF = "llf"
    PLAN = "plan"
    CLAIRVOYANT = "clairvoyant"
