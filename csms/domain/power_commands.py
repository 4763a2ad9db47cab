"""Which commands of people and programs change what a station takes or gives, behind the
controller's back: they pass the site's gate before they are written."""

import re
from collections.abc import Mapping
from typing import Any, Final

from csms.domain.commands import CommandKind

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
