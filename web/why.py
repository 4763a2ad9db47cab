"""Why an EVSE holds its setpoint now: the plan's reason, or the controller's where it corrected it.

Pure. The plan names a reason per run of slots; a setpoint that was ordered for another reason than
the plan is the guard's, and that reason is the true one for as long as it is leased.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

PLAN: Final = "plan"
# What the guard calls a bound → the word that people get for it.
GUARD_CODES: Final = {
    "import_bound": "connection_limit",
    "export_bound": "connection_limit",
    "circuit": "circuit_limit",
    "instruction": "instruction",
    "surplus": "surplus",
    "stale": "meter_stale",
    "worst_case": "meter_silent",
}


@dataclass(frozen=True, slots=True)
class Alternative:
    """The plan's runner-up; `at` is the site time of the other slot, if there is one."""

    action: str
    at: datetime | None
    extra_gbp_per_kwh: float


@dataclass(frozen=True, slots=True)
class Reason:
    """`until` is site time; None where it ends with the next cycle."""

    code: str
    detail: str
    until: datetime | None
    cost_gbp_per_kwh: float | None = None
    runner_up: Alternative | None = None


def reason_now(
    evse: Mapping[str, Any], explanation: Sequence[Mapping[str, Any]], now: datetime
) -> Reason | None:
    """Of an EVSE row of `web.store.evses`, with its site's `site_state.explanation`."""
    ordered = evse["ordered_reason"]
    leased = evse["setpoint_until"] is not None and evse["setpoint_until"] > now
    if leased and ordered and ordered != PLAN:
        return _guards(ordered, explanation, evse["setpoint_until"])
    return _planned(evse, now)


def _guards(ordered: str, explanation: Sequence[Mapping[str, Any]], until: datetime) -> Reason:
    bound, _, name = ordered.partition(":")
    told = next((e.get("detail") for e in explanation if e.get("code") == ordered), None)
    return Reason(GUARD_CODES.get(bound, bound), name or told or "", until)


def _planned(evse: Mapping[str, Any], now: datetime) -> Reason | None:
    if not evse["runs"]:
        return None
    slot = timedelta(seconds=evse["slot_s"])
    index = (now - evse["plan_starts_at"]) // slot
    for run in evse["runs"]:
        if run["first_slot"] <= index <= run["last_slot"]:
            return reason_of(run, evse["plan_starts_at"], slot)
    return None


def reason_of(run: Mapping[str, Any], starts_at: datetime, slot: timedelta) -> Reason:
    """A stored run of a plan; one from before there were runners-up has none."""
    until = starts_at + (run["last_slot"] + 1) * slot
    other = run.get("runner_up")
    if other is not None:
        at = None if other["slot"] is None else starts_at + other["slot"] * slot
        other = Alternative(other["action"], at, other["extra_gbp_per_kwh"])
    return Reason(run["code"], run["detail"], until, run.get("cost_gbp_per_kwh"), other)
