"""What OCPP 2.1 adds to the messages of stations: blocks C, K, M, N, R and S.

Names are those of the standard; a power is signed as everywhere, + into the vehicle.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from csms.domain.certificates import CertificateHash
from csms.domain.der import DerControl
from csms.domain.ids import EvseId, IdToken, TransactionId
from csms.domain.meter import Magnitude


class SwapEvent(StrEnum):
    """BatterySwapEventEnumType."""

    BATTERY_IN = "BatteryIn"
    BATTERY_OUT = "BatteryOut"
    BATTERY_OUT_TIMEOUT = "BatteryOutTimeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A battery that was put in or taken out of the slot `evse_id`."""

    evse_id: EvseId
    serial_number: str
    soc_pct: float
    soh_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySwap:
    """S · batteries changed hands; `request_id` joins the messages of one swap."""

    request_id: int
    event: SwapEvent
    id_token: IdToken
    batteries: tuple[Battery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPeriodicEventStream:
    """N11 · a monitor's values will come as a stream; `None`: not limited by that."""

    stream_id: int
    variable_monitoring_id: int
    interval_s: int | None = None
    max_values: int | None = None


@dataclass(frozen=True, slots=True)
class ClosePeriodicEventStream:
    """N13 · no more of it."""

    stream_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamValue:
    """One value of a stream, as told."""

    at: datetime
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyPeriodicEventStream:
    """N15 · values of a stream; `pending` more wait at the station. It is a SEND: no answer."""

    stream_id: int
    pending: int
    values: tuple[StreamValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyPriorityCharging:
    """K21, K22 · the priority profile of a transaction is in use, or no longer."""

    transaction_id: TransactionId
    activated: bool


@dataclass(frozen=True, slots=True)
class PullDynamicScheduleUpdate:
    """K28 · which values shall a Dynamic profile have now?"""

    profile_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PullDynamicScheduleUpdateAnswer:
    """A ChargingScheduleUpdateType in W; None where there is no such profile (any more)."""

    limit_w: float | None = None
    setpoint_w: float | None = None
    values: dict[str, Any] | None = None
    """An operator's own values, as he gave them."""

    @property
    def accepted(self) -> bool:
        """Is there anything to apply?"""
        return not (self.limit_w is None and self.setpoint_w is None and self.values is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDERControl:
    """R04 · controls that the station holds (a part of the answer to GetDERControl)."""

    request_id: int
    controls: tuple[DerControl, ...]
    more_follows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyDERStartStop:
    """R04 · a control took effect or ended; it may have put others out of force."""

    control_id: str
    started: bool
    at: datetime
    superseded_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettlement:
    """C19–C22 · a payment was settled by the terminal, or was not. `amount` in the station's
    currency."""

    psp_ref: str
    status: str
    amount: Magnitude
    at: datetime
    transaction_id: TransactionId | None = None
    receipt_id: str | None = None
    receipt_url: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettlementAnswer:
    """Where the driver finds the receipt, if we make it."""

    receipt_id: str | None = None
    receipt_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VatNumberValidation:
    """C18 · whose VAT number is it?"""

    vat_number: str
    evse_id: EvseId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """AddressType of a company that we know."""

    name: str
    address1: str
    city: str
    country: str
    address2: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VatNumberValidationAnswer:
    """`company` is None where we know none: the number is then refused."""

    request: VatNumberValidation
    company: Company | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationAsked:
    """A certificate of a chain; `source` (OCSP or CRL) tells of it at one of `urls`."""

    certificate: CertificateHash
    source: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GetCertificateChainStatus:
    """M07 · are these certificates of a vehicle revoked?"""

    certificates: tuple[RevocationAsked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationTold:
    """`status` as in CertificateStatusEnumType; it need not be asked again before `until`."""

    asked: RevocationAsked
    status: str
    until: datetime


@dataclass(frozen=True, slots=True)
class GetCertificateChainStatusAnswer:
    """One for each that was asked about, in that order."""

    certificates: tuple[RevocationTold, ...]


RequestV21 = (
    BatterySwap
    | OpenPeriodicEventStream
    | ClosePeriodicEventStream
    | NotifyPeriodicEventStream
    | NotifyPriorityCharging
    | PullDynamicScheduleUpdate
    | ReportDERControl
    | NotifyDERStartStop
    | NotifySettlement
    | VatNumberValidation
    | GetCertificateChainStatus
)
AnswerV21 = (
    PullDynamicScheduleUpdateAnswer
    | NotifySettlementAnswer
    | VatNumberValidationAnswer
    | GetCertificateChainStatusAnswer
)
