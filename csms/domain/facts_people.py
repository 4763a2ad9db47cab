"""Facts about displays and customers: what people see and leave behind (OCPP 2.0.1, O, N09)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayMessage:
    """MessageInfoType; `message` is the whole of it in JSON values."""

    message_id: int
    priority: str
    message: dict[str, Any]
    state: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    transaction_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayMessagesTold(Fact):
    """Messages that a station accepted, or reported that it holds."""

    station_id: ChargingStationId
    at: datetime
    messages: tuple[DisplayMessage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayMessageRemoved(Fact):
    """The station no longer holds it."""

    station_id: ChargingStationId
    at: datetime
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayMessagesAsked(Fact):
    """O03, O04: a report is about to be asked for; `everything`: without any filter."""

    station_id: ChargingStationId
    at: datetime
    request_id: int
    everything: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayReportEnded(Fact):
    """The last part came. If everything was asked for, what it did not name is gone."""

    station_id: ChargingStationId
    at: datetime
    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAsked(Fact):
    """N09, N10: a station is about to be asked about a customer, who is known here by a hash."""

    station_id: ChargingStationId
    at: datetime
    request_id: int
    customer_hash: str
    report: bool
    clear: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCleared(Fact):
    """The station forgets the customer, and so do we: what it reported before is emptied."""

    station_id: ChargingStationId
    at: datetime
    request_id: int
    customer_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPartTold(Fact):
    """NotifyCustomerInformation: a part of the answer to a request of ours."""

    station_id: ChargingStationId
    at: datetime
    request_id: int
    seq_no: int
    generated_at: datetime
    data: str
    more_follows: bool
