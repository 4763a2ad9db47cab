"""What is known of the smart charging of one station: all that a composite schedule needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from csms.domain.commands import Setpoint
from csms.domain.facts_charging import (
    ChargingLimitTold,
    ChargingProfileHeld,
    ProfileReportAsked,
    ProfileSide,
)
from csms.domain.ids import EvseId, TransactionId


@dataclass(frozen=True, slots=True)
class OpenTransaction:
    """The transaction that runs at an EVSE."""

    transaction_id: TransactionId
    started_at: datetime


def is_of_another(setpoint_at: datetime | None, heard_at: datetime | None) -> bool:
    """Whether a setpoint was told to the vehicle that was there before: its lease went with that
    one's transaction. Both by our clock: when it was told, and when we first heard of the one that
    runs."""
    return setpoint_at is not None and heard_at is not None and setpoint_at <= heard_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingState:
    """`leases` are the setpoints that may be in force for who is there now, `needs` when a vehicle
    last told its needs, `variables` those of SmartChargingCtrlr."""

    profiles: tuple[ChargingProfileHeld, ...] = ()
    limits: tuple[ChargingLimitTold, ...] = ()
    reports: tuple[ProfileReportAsked, ...] = ()
    transactions: Mapping[EvseId, OpenTransaction] = field(default_factory=dict)
    leases: Mapping[EvseId, Setpoint] = field(default_factory=dict)
    needs: Mapping[EvseId, datetime] = field(default_factory=dict)
    evse_ids: tuple[EvseId, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    phases: Mapping[int, int] = field(default_factory=dict)
    """How many phases supply an EVSE (0: the station), where that is known."""

    def held(self, side: ProfileSide) -> tuple[ChargingProfileHeld, ...]:
        """The profiles that this side tells of."""
        return tuple(one for one in self.profiles if one.side is side)
