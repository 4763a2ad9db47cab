"""Which commands of people and programs change what a station takes or gives, behind the
controller's back, and how far: they pass the site's gate before they are written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from csms.domain.commands import CommandKind
from csms.domain.units import PHASES, balanced_w

ENDING: Final = frozenset(
    {
        CommandKind.REQUEST_STOP_TRANSACTION,
        CommandKind.RESET,
        CommandKind.UNLOCK_CONNECTOR,
        CommandKind.CHANGE_AVAILABILITY,
    }
)
MOVING: Final = ENDING | {
    CommandKind.REQUEST_START_TRANSACTION,
    CommandKind.SET_CHARGING_PROFILE,
    CommandKind.CLEAR_CHARGING_PROFILE,
    CommandKind.UPDATE_DYNAMIC_SCHEDULE,
    CommandKind.USE_PRIORITY_CHARGING,
    CommandKind.NOTIFY_ALLOWED_ENERGY_TRANSFER,
    CommandKind.AFRR_SIGNAL,
    CommandKind.SET_DER_CONTROL,
    CommandKind.CLEAR_DER_CONTROL,
    CommandKind.SET_VARIABLES,
    CommandKind.SET_TRANSACTION_LIMIT,
    CommandKind.DATA_TRANSFER,
}
_POWER: Final = re.compile(r"limit|power|current|smartcharging|v2x|derctrlr|enabled", re.I)


def moves_power(kind: CommandKind, payload: Mapping[str, Any]) -> bool:
    """Whether it may change power; variables do where component or name speak of it, and nobody
    knows what a vendor's message does."""
    if kind is not CommandKind.SET_VARIABLES:
        return kind in MOVING
    return any(_POWER.search(f"{one}") for one in payload.get("setVariableData") or ())


def ends_charging(kind: CommandKind, payload: Mapping[str, Any]) -> bool:
    """Whether it may end what runs at a station."""
    operative = payload.get("operationalStatus") == "Operative"
    return kind in ENDING and not operative


TX_PROFILE: Final = "TxProfile"
_MODES_THAT_GIVE: Final = frozenset(
    {
        "ExternalSetpoint",
        "ExternalLimits",
        "CentralFrequency",
        "LocalFrequency",
        "LocalLoadBalancing",
    }
)
_LIMITING: Final = re.compile("^(limit|setpoint)", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What flows at an EVSE before a command, W, + into the vehicle.

    `runs`: there is a transaction; `held_w`: what is in force, `leased`: as a lease; `lowest_w`,
    `highest_w`: how far hardware, vehicle and driver let it go; `floor_w`: what a vehicle is
    offered that starts.
    """

    runs: bool
    held_w: float
    lowest_w: float
    highest_w: float
    floor_w: float
    leased: bool


def aims_at(payload: Mapping[str, Any], evse_id: int, transaction_id: str | None) -> bool:
    """Whether a command's payload may be meant for this EVSE, with this transaction."""
    criterion, evse = payload.get("chargingProfileCriteria"), payload.get("evse")
    told_ids = [payload.get("evseId")]
    told_ids += [one.get("id") for one in (evse,) if isinstance(one, Mapping)]
    told_ids += [one.get("evseId") for one in (criterion,) if isinstance(one, Mapping)]
    named = [told for told in told_ids if told not in (None, 0)]
    told_transaction = payload.get("transactionId")
    elsewhere = told_transaction is not None and told_transaction != transaction_id
    return not elsewhere and (not named or evse_id in named)


def reach_w(kind: CommandKind, payload: Mapping[str, Any], flow: Flow) -> tuple[float, float]:
    """How low and how high the power of an EVSE may come by a command, W. What it does to power is
    not always in it: then as far as power can go."""
    held_w, lowest_w, highest_w = flow.held_w, flow.lowest_w, flow.highest_w
    starts = kind is CommandKind.REQUEST_START_TRANSACTION
    if starts == flow.runs:
        return held_w, held_w
    if starts:
        low_w, high_w = held_w, max(_limits_w(payload) or (flow.floor_w,))
    elif kind in ENDING:
        low_w = high_w = 0.0 if ends_charging(kind, payload) else held_w
    elif kind in (CommandKind.SET_CHARGING_PROFILE, CommandKind.UPDATE_DYNAMIC_SCHEDULE):
        low_w, high_w = _limited(kind, payload, flow)
    elif kind is CommandKind.CLEAR_CHARGING_PROFILE:
        criterion = payload.get("chargingProfileCriteria")
        purpose = criterion.get("chargingProfilePurpose") if isinstance(criterion, Mapping) else ""
        below_lease = flow.leased and purpose not in (None, "", TX_PROFILE)
        low_w, high_w = held_w, held_w if below_lease else highest_w
    elif kind is CommandKind.SET_TRANSACTION_LIMIT:  # it may be reached already
        low_w, high_w = 0.0, max(held_w, 0.0)
    elif kind is CommandKind.USE_PRIORITY_CHARGING:
        low_w, high_w = (held_w, highest_w) if payload.get("activate") else (0.0, held_w)
    elif kind is CommandKind.NOTIFY_ALLOWED_ENERGY_TRANSFER:
        low_w, high_w = held_w, max(held_w, 0.0)
    else:
        low_w, high_w = lowest_w, highest_w
    return max(min(low_w, held_w), lowest_w), min(max(high_w, held_w), highest_w)


def may_give(kind: CommandKind, payload: Mapping[str, Any]) -> bool:
    """Whether it may have a vehicle give energy that the controller did not ask for."""
    if kind is CommandKind.NOTIFY_ALLOWED_ENERGY_TRANSFER:
        return any("BPT" in f"{mode}" for mode in payload.get("allowedEnergyTransfer") or ())
    modes = {f"{told}" for name, told in _leaves(payload) if name == "operationMode"}
    return kind in (CommandKind.AFRR_SIGNAL, CommandKind.DATA_TRANSFER) or bool(
        modes & _MODES_THAT_GIVE
    )


def _limited(kind: CommandKind, payload: Mapping[str, Any], flow: Flow) -> tuple[float, float]:
    """By limits: below a lease they only hold down; else power may rise to them."""
    limits_w = _limits_w(payload)
    if may_give(kind, payload) or not limits_w:
        return flow.lowest_w, flow.highest_w
    below_lease = flow.leased and kind is CommandKind.SET_CHARGING_PROFILE
    return min(limits_w), flow.held_w if below_lease else max(limits_w)


def _limits_w(payload: Mapping[str, Any]) -> tuple[float, ...]:
    """The least and the most of what limits and setpoints of a schedule come to; an ampere is one
    of one phase, or of all."""
    told = list(_leaves(payload))
    figures = [
        float(value)
        for name, value in told
        if _LIMITING.match(name) and isinstance(value, int | float)
    ]
    if not figures:
        return ()
    if ("chargingRateUnit", "A") in told:
        return balanced_w(min(figures), phases=1), balanced_w(max(figures), phases=PHASES)
    phased = any(name.lower().endswith(("_l2", "_l3")) for name, _ in told)
    return min(figures), max(figures) * (PHASES if phased else 1)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Each value that is neither a list nor a table, with the name that it has."""
    if isinstance(value, Mapping):
        for inner, told in value.items():
            yield from _leaves(told, inner)
    elif isinstance(value, list):
        for told in value:
            yield from _leaves(told, name)
    else:
        yield name, value
