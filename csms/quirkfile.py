"""The files of `data`: what is known of vendors' stations before the first of them connects."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from csms.domain.discharge import DischargeModels
from csms.domain.quirks import QuirkTable


def quirk_table() -> QuirkTable:
    """`quirks.toml`. Raises ValueError on a row that says something unknown."""
    return QuirkTable.parse(_table("quirks.toml").get("models", []))


@cache
def discharge_models() -> DischargeModels:
    """`discharge_models.toml`, the models that may be told to discharge. Raises ValueError."""
    return DischargeModels.parse(_table("discharge_models.toml").get("models", []))


def _table(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files("csms").joinpath(f"data/{name}").read_text())
