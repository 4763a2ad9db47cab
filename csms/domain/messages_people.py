"""What stations say of reservations, displays and customers (OCPP 2.0.1, blocks H, O, N)."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_people import DisplayMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationStatusUpdate:
    """H04, H01.FR.16: a reservation ended unused; `status` is Expired, Removed, or in 2.1 also
    NoTransaction."""

    reservation_id: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyDisplayMessages:
    """O03, O04: a part of the messages that a station holds."""

    request_id: int
    messages: tuple[DisplayMessage, ...]
    more_follows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyCustomerInformation:
    """N09, N10: a part of what a station knows of a customer."""

    request_id: int
    seq_no: int
    generated_at: datetime
    data: str
    more_follows: bool = False
