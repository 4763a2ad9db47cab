"""What the API answers with, shared by routers and the live stream: names end in their unit.

Power is in W, + into the vehicle, the store or the site; registers are in Wh, import and export
apart; times are RFC 3339 in UTC, in site time.
"""

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

Item = TypeVar("Item")
FIRST_YEAR, LAST_YEAR = 1971, 2199


def _in_utc(at: datetime) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"must lie within {FIRST_YEAR} and {LAST_YEAR}")
    return at.astimezone(UTC)


# A time in a request: far enough from where calendars end that a day more or less is a time, too.
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Answer(BaseModel):
    """Base of all answers: made from rows of the store."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Page(BaseModel, Generic[Item]):
    """A part of a list. `next` is the `cursor` of the following part, null at the end."""

    items: list[Item]
    next: str | None = None


class RunnerUp(Answer):
    """The next best thing to do, `at` another time where that belongs to it: each kWh of it would
    cost `extra_gbp_per_kwh` more."""

    action: str = Field(examples=["charge_then"])
    at: datetime | None
    extra_gbp_per_kwh: float


class Fix(Answer):
    """A change that would have a vehicle ready which the plan leaves short, all else as planned;
    the energy for it would cost `cost_gbp`. `late_s` after its departure, `less_wh` below its
    target, `more_w` over the circuit `where` (null: the connection) in the slots named."""

    change: str = Field(examples=["later_departure"])
    cost_gbp: float
    late_s: float | None = None
    less_wh: float | None = None
    more_w: float | None = None
    where: str | None = None
    first_slot: int | None = None
    last_slot: int | None = None


class Why(Answer):
    """Why an EVSE's setpoint is what it is, and until when that holds. What a kWh costs and what
    else could be done is known where the plan is followed."""

    code: str = Field(examples=["circuit_limit"])
    detail: str = Field(examples=["fleet"])
    until: datetime | None
    cost_gbp_per_kwh: float | None
    runner_up: RunnerUp | None


class Evse(Answer):
    """One EVSE as it is now. `setpoint_w`, + into the vehicle, is leased until `setpoint_until`."""

    station_id: str = Field(examples=["ev36-v2g-01"])
    evse_id: int
    site_id: str | None
    circuit_id: str | None
    status: str | None = Field(description="OCPP ConnectorStatusEnumType")
    connected: bool
    power_w: float | None
    power_at: datetime | None
    import_wh: float | None
    export_wh: float | None
    soc_pct: float | None
    setpoint_w: float | None
    setpoint_until: datetime | None
    setpoint_status: str | None
    composite_w: float | None = Field(description="what the station says it holds")
    transaction_id: str | None
    vehicle_id: str | None
    departure_at: datetime | None
    max_charge_w: float | None
    max_discharge_w: float | None
    why: Why | None = None


class CircuitPower(Answer):
    """What the fleet draws below one circuit."""

    circuit_id: str
    power_w: float
    limit_w: float


class Explanation(Answer):
    """A sentence of the controller about its last cycle."""

    code: str
    detail: str


class SitePower(Answer):
    """The site's newest reading and what the controller holds it to. `age_s` is site time."""

    at: datetime | None
    age_s: float | None
    quality: str | None = Field(description="measured, estimated or stale")
    grid_w: float | None = Field(description="+ is import")
    load_w: float | None
    solar_w: float | None = Field(description="generation, a magnitude")
    wind_w: float | None = Field(description="generation, a magnitude")
    store_w: float | None = Field(description="+ is charging")
    store_soc_pct: float | None
    fleet_charge_w: float | None
    fleet_discharge_w: float | None = Field(description="a magnitude")
    import_bound_w: float
    export_bound_w: float
    target_grid_w: float | None
    mode: str | None
    circuits: list[CircuitPower]
    explanation: list[Explanation]


class Alarm(Answer):
    """Something is wrong; open while `cleared_at` is null."""

    alarm_id: int
    site_id: str | None
    station_id: str | None
    code: str = Field(examples=["meter_stale"])
    severity: str
    detail: str = Field(description="the sentence in English")
    data: dict[str, str | int | float] = Field(description="what the sentence names")
    raised_at: datetime
    cleared_at: datetime | None


class Acknowledgement(Answer):
    """What fleet and store can give, told when the signal was accepted."""

    available_down_w: float | None = Field(description="how far site power can go down")
    available_up_w: float | None
    requested_w: float | None
    deliverable_w: float | None
    feasible: bool
    text: str


class SignalBaseline(Answer):
    """Site power per slot of the plan without the instruction, frozen at acknowledgement."""

    starts_at: datetime
    slot_s: int
    grid_w: list[float]
    plan_version: int | None


class Signal(Answer):
    """A grid signal and its fate."""

    signal_id: UUID
    site_id: str
    operator: str
    external_id: str
    revision: int
    kind: str
    priority: int
    starts_at: datetime
    ends_at: datetime
    import_max_w: float | None
    export_max_w: float | None
    site_power_w: float | None
    delta_w: float | None
    no_rebound_before_s: int
    no_rebound_after_s: int
    reserve_down_w: float | None
    reserve_up_w: float | None
    reserve_s: int
    status: str
    created_at: datetime
    acknowledged_at: datetime | None
    settled_at: datetime | None
    acknowledgement: Acknowledgement | None
    baseline: SignalBaseline | None


class StreamMessage(Answer):
    """Data of the events `snapshot` (all EVSEs) and `tick` (those that changed) of `/stream`."""

    at: datetime
    sites: dict[str, SitePower]
    evses: list[Evse]
    alarms: list[Alarm]
    signals: list[Signal]
