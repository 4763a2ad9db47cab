"""Facts of authorization: local lists and reservations (OCPP 2.0.1, blocks D and H)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId, TransactionId


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalListHeld(Fact):
    """What a station holds since `at`; `entries` (token → digest) None: only its version is
    known. A version that we know already tells nothing new about the entries."""

    station_id: ChargingStationId
    at: datetime
    version: int
    entries: Mapping[str, str] | None = None


class ReservationStatus(StrEnum):
    """Where a reservation is in its life; all but the first two are its end."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationAsked(Fact):
    """H01: a reservation that a station is about to be asked for; the same id replaces another."""

    station_id: ChargingStationId
    reservation_id: int
    at: datetime
    expires_at: datetime
    id_token: str
    type: str
    group_id_token: str | None = None
    evse_id: int | None = None
    connector_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationChanged(Fact):
    """What became of a reservation that was asked or accepted; the first end of it holds. One that
    only ran out was used after all if a transaction tells so later (H03.FR.09)."""

    station_id: ChargingStationId
    reservation_id: int
    at: datetime
    status: ReservationStatus
    transaction_id: TransactionId | None = None
