"""What stations say and what we answer, in domain words: codecs speak them, handlers hear them.

A message that only tells something (alarms, firmware, outside limits …) is a `Notice`: its kind is
the OCPP action and its payload is kept as told. An empty answer is `Acknowledged`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from csms.domain.authorization import IdTokenInfo
from csms.domain.contract import CertificateStatus, OcspQuery
from csms.domain.device_model import Characteristics
from csms.domain.facts import VariableRow
from csms.domain.ids import ConnectorId, EvseId, IdToken
from csms.domain.limits import UNLIMITED, TransactionLimit
from csms.domain.messages_certificates import CertificateAnswer, CertificateRequest
from csms.domain.messages_charging import NotifyEVChargingScheduleAnswer, RequestCharging
from csms.domain.messages_monitoring import NotifyEvent, NotifyMonitoringReport
from csms.domain.messages_people import (
    NotifyCustomerInformation,
    NotifyDisplayMessages,
    ReservationStatusUpdate,
)
from csms.domain.messages_v21 import AnswerV21, RequestV21
from csms.domain.meter import MeterReading, SignedMeterValue
from csms.domain.tariff import Tariff
from csms.domain.transaction import TransactionEvent


class RegistrationStatus(StrEnum):
    """Whether we serve a station (block B)."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class NeedsStatus(StrEnum):
    """What we make of a vehicle's charging needs (K15)."""

    ACCEPTED = "Accepted"
    PROCESSING = "Processing"
    REJECTED = "Rejected"
    NO_CHARGING_PROFILE = "NoChargingProfile"
    """No schedule will follow (K18.FR.04, K19.FR.04); before ISO 15118-20 that was a rejection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootNotification:
    """B · the station (re)started, or was asked to say who it is (`reason` Triggered)."""

    vendor: str
    model: str
    reason: str
    firmware_version: str | None = None
    serial_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BootNotificationAnswer:
    """`interval_s`: heartbeat interval when accepted, else when to boot again."""

    now: datetime
    interval_s: int
    status: RegistrationStatus


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """G · the station asks for the time."""


@dataclass(frozen=True, slots=True)
class HeartbeatAnswer:
    """The time of the CSMS."""

    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusNotification:
    """G · a connector's status. `at` is None where the message carries no time."""

    at: datetime | None
    status: str
    evse_id: EvseId
    connector_id: ConnectorId
    fault: dict[str, Any] | None = None
    """What is wrong with it, as told (1.6; 2.x has NotifyEvent for that)."""
    event: TransactionEvent | None = None
    """What it means for the transaction there (1.6), which it does not name."""


@dataclass(frozen=True, slots=True)
class Authorize:
    """C · may this token charge? `type` is None in OCPP 1.6; a contract (C07) comes with hashes of
    its certificates, or with the chain itself in PEM."""

    id_token: IdToken
    type: str | None = None
    certificate_hashes: tuple[OcspQuery, ...] = ()
    certificate_pem: str | None = None


@dataclass(frozen=True, slots=True)
class AuthorizeAnswer:
    """Yes, or why not; of a contract also what its certificates are worth."""

    info: IdTokenInfo
    certificate_status: CertificateStatus | None = None
    allowed_energy_transfer: tuple[str, ...] = ()
    tariff: Tariff | None = None
    """The driver's own, for a station that computes by it (OCPP 2.1, I08)."""


@dataclass(frozen=True, slots=True)
class TransactionEventAnswer:
    """`info` on the event's token, None if it named none; `total_cost` with tax once it is known
    (I03); `limit` is for OCPP 2.1 alone (E16)."""

    info: IdTokenInfo | None = None
    total_cost: Decimal | None = None
    limit: TransactionLimit = UNLIMITED


@dataclass(frozen=True, slots=True)
class StartTransaction:
    """E · 1.6 starts a transaction whose id is ours to give; until then `event` has an empty one.

    Its `content_hash` tells a start from its repetition.
    """

    event: TransactionEvent


@dataclass(frozen=True, slots=True)
class StartTransactionAnswer:
    """The id we gave, and what there is to say of the event."""

    number: int
    event: TransactionEventAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterValues:
    """J · readings outside a transaction; EVSE 0 is the station's main meter."""

    evse_id: EvseId
    readings: tuple[MeterReading, ...]
    signed: tuple[SignedMeterValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyReport:
    """B · a part of the device model."""

    request_id: int
    seq_no: int
    at: datetime
    rows: tuple[VariableRow, ...]
    characteristics: tuple[Characteristics, ...]
    content: list[dict[str, Any]]
    more_follows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyEVChargingNeeds:
    """K · what the vehicle asks for (ISO 15118); None where it did not say."""

    evse_id: EvseId
    departure_at: datetime | None = None
    energy_wh: float | None = None
    capacity_wh: float | None = None
    soc_pct: float | None = None
    max_charge_w: float | None = None
    max_discharge_w: float | None = None
    target_soc_pct: float | None = None
    requested_energy_transfer: str | None = None
    edition_20: bool = False
    """The vehicle speaks ISO 15118-20."""
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotifyEVChargingNeedsAnswer:
    """`PROCESSING`: a schedule follows by SetChargingProfile."""

    status: NeedsStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Told, stored, answered with nothing. `at` is None where the message carries no time."""

    kind: str
    payload: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DataTransfer:
    """P · a vendor's own message."""

    vendor_id: str
    message_id: str | None = None
    data: Any = None


@dataclass(frozen=True, slots=True)
class DataTransferAnswer:
    """`status` is a DataTransferStatusEnumType."""

    status: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The empty answer."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is a CALLERROR: `code` as in OCPP-J 2.0.1 table 8."""

    code: str
    description: str


Request = (
    BootNotification
    | Heartbeat
    | StatusNotification
    | Authorize
    | TransactionEvent
    | StartTransaction
    | ReservationStatusUpdate
    | MeterValues
    | NotifyReport
    | NotifyMonitoringReport
    | NotifyEvent
    | NotifyEVChargingNeeds
    | RequestCharging
    | NotifyCustomerInformation
    | NotifyDisplayMessages
    | Notice
    | CertificateRequest
    | DataTransfer
    | RequestV21
)
Answer = (
    BootNotificationAnswer
    | HeartbeatAnswer
    | AuthorizeAnswer
    | TransactionEventAnswer
    | StartTransactionAnswer
    | NotifyEVChargingNeedsAnswer
    | NotifyEVChargingScheduleAnswer
    | CertificateAnswer
    | DataTransferAnswer
    | AnswerV21
    | Acknowledged
    | Refused
)
