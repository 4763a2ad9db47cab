"""What a station is known to tell wrong, put right: between its codec and the handlers.

A station's quirks say what to mend (`mends_of`); what was mended is flagged by the mend's own name.
The flags of an event stand in the ledger beside its verbatim text, so a replay mends what was
mended when the event came, and nothing else: a quirk holds from the day it is set. Pure.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Final, TypeAlias

from msgspec import structs

from csms.domain import messages as m
from csms.domain import messages_charging as mk
from csms.domain.ids import ConnectorId, EvseId
from csms.domain.meter import MeterReading
from csms.domain.quirks import EnergyScale, MeterSign, Quirks
from csms.domain.transaction import TransactionEvent

CONNECTOR_ZERO: Final = "connector_id_zero"
EVSE_ZERO: Final = "evse_id_zero"
_NAMED_ZERO: Final = frozenset({CONNECTOR_ZERO, EVSE_ZERO})
"""Flags that codecs give: 0 was named, where no transaction can be."""
_RESOLUTION_DIGITS: Final = 6
_WH_PER_KWH: Final = 1000.0


class Mend(StrEnum):
    """One thing that is put right, and the flag of what it changed."""

    ENERGY_WAS_KWH = "energy_was_kwh"
    ENERGY_WAS_WH = "energy_was_wh"
    DIRECTIONS_SWAPPED = "directions_swapped"
    POWER_INVERTED = "power_inverted"
    EVSES_FROM_ZERO = "evses_from_zero"


Mends: TypeAlias = frozenset[Mend]
NO_MENDS: Final[Mends] = frozenset()
INBOUND: Final = ("energy_scale", "meter_sign", "evses_from_zero")
"""The quirks that are about what a station tells."""
_SCALES: Final = {
    EnergyScale.KWH_AS_WH: Mend.ENERGY_WAS_KWH,
    EnergyScale.WH_AS_KWH: Mend.ENERGY_WAS_WH,
}
_SIGNS: Final = {
    MeterSign.SWAPPED: Mend.DIRECTIONS_SWAPPED,
    MeterSign.POWER_INVERTED: Mend.POWER_INVERTED,
}
_NAMES: Final = frozenset(Mend)
_AtAnEvse: TypeAlias = (
    m.StatusNotification
    | m.MeterValues
    | m.NotifyEVChargingNeeds
    | mk.NotifyEVChargingSchedule
    | mk.NotifyChargingLimit
    | mk.ClearedChargingLimit
    | mk.ReportChargingProfiles
)


def mends_of(quirks: Quirks) -> Mends:
    """What to mend in what a station with these quirks tells."""
    numbers = Mend.EVSES_FROM_ZERO if quirks.evses_from_zero else None
    found = (_SCALES.get(quirks.energy_scale), _SIGNS.get(quirks.meter_sign), numbers)
    return frozenset(one for one in found if one is not None)


def mends_in(flags: Iterable[str]) -> Mends:
    """What was mended in an event with these flags."""
    return frozenset(Mend(flag) for flag in flags if flag in _NAMES)


def named_zero(flags: Iterable[str]) -> bool:
    """Did an event with these flags name EVSE (OCPP 1.6: connector) 0?"""
    return not _NAMED_ZERO.isdisjoint(flags)


def mended(told: object, mends: Mends) -> object:
    """A message as it was meant. 0 stays 0 where it may mean the whole station."""
    if not mends:
        return told
    match told:
        case TransactionEvent():
            return event_mended(told, mends)
        case m.StartTransaction(event=event):
            return m.StartTransaction(event_mended(event, mends))
        case m.StatusNotification(event=TransactionEvent() as event):
            return _renumbered(replace(told, event=event_mended(event, mends)), mends)
        case m.MeterValues(readings=readings):
            meant = tuple(reading_mended(one, mends) for one in readings)
            return _renumbered(replace(told, readings=meant), mends)
        case m.StatusNotification() | m.NotifyEVChargingNeeds() | mk.NotifyEVChargingSchedule():
            return _renumbered(told, mends)
        case mk.NotifyChargingLimit() | mk.ClearedChargingLimit() | mk.ReportChargingProfiles():
            return _renumbered(told, mends) if told.evse_id else told
    return told


def event_mended(event: TransactionEvent, mends: Mends) -> TransactionEvent:
    """The event with its flags; its identity and its text are as told."""
    readings = tuple(reading_mended(one, mends) for one in event.readings)
    evse_id, done = event.evse_id, mends_in(flag for one in readings for flag in one.flags)
    named = evse_id is not None or named_zero(event.flags)
    if named and Mend.EVSES_FROM_ZERO in mends:
        evse_id, done = EvseId((evse_id or 0) + 1), done | {Mend.EVSES_FROM_ZERO}
    flags = (*event.flags, *sorted(done.difference(event.flags)))
    return structs.replace(event, evse_id=evse_id, readings=readings, flags=flags)


def _renumbered(told: _AtAnEvse, mends: Mends) -> object:
    if Mend.EVSES_FROM_ZERO not in mends:
        return told
    evse_id = EvseId((told.evse_id or 0) + 1)
    if isinstance(told, m.StatusNotification):  # 1.6 has no connector at 0, 2.x has none called 0
        return replace(told, evse_id=evse_id, connector_id=told.connector_id or ConnectorId(1))
    return replace(told, evse_id=evse_id)


def reading_mended(reading: MeterReading, mends: Mends) -> MeterReading:
    """The reading, flagged with what was mended in it."""
    for mend in sorted(mends):
        meant = _REPAIRS[mend](reading) if mend in _REPAIRS else reading
        if meant != reading:
            reading = structs.replace(meant, flags=(*reading.flags, mend.value))
    return reading


def _scaled(reading: MeterReading, factor_ratio: float) -> MeterReading:
    into, out_of = (
        None if told_wh is None else round(told_wh * factor_ratio, _RESOLUTION_DIGITS)
        for told_wh in (reading.import_wh, reading.export_wh)
    )
    return structs.replace(reading, import_wh=into, export_wh=out_of)


def _inverted(reading: MeterReading) -> MeterReading:
    power_w, current_a = (
        None if told is None else 0.0 - told for told in (reading.power_w, reading.current_a)
    )
    return structs.replace(reading, power_w=power_w, current_a=current_a)


def _swapped(reading: MeterReading) -> MeterReading:
    inverted = _inverted(reading)
    return structs.replace(inverted, import_wh=reading.export_wh, export_wh=reading.import_wh)


_REPAIRS: Final = {
    Mend.ENERGY_WAS_KWH: lambda reading: _scaled(reading, _WH_PER_KWH),
    Mend.ENERGY_WAS_WH: lambda reading: _scaled(reading, 1 / _WH_PER_KWH),
    Mend.DIRECTIONS_SWAPPED: _swapped,
    Mend.POWER_INVERTED: _inverted,
}
