"""Proof: what an EVSE was meant, told and metered to do in one interval, and how the two differ.

Powers are means over the interval at the EVSE, + into the vehicle; energies are its registers'.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from csms.domain.commands import CommandStatus
from csms.domain.ids import ChargingStationId, EvseId, TransactionId

INTERVAL_S = 300


class Deviation(StrEnum):
    """How what was metered differs from what was sent; the console has a sentence for each."""

    FOLLOWED = "followed"
    IGNORED = "ignored"
    """It did not take what it was sent: no answer or a refusal, and the meter shows it."""
    LIAR = "liar"
    """It confirmed, and its meter or the site's balance says otherwise."""
    LIMITED_ELSEWHERE = "limited_elsewhere"
    """Its composite schedule, or a limit that others set, allows less than was sent."""
    TAPER = "taper"
    """The vehicle takes less as its battery becomes full."""
    LIMITED_BY_EV = "limited_by_ev"
    """The vehicle takes, or gives, less than it may."""
    METER_GAP = "meter_gap"
    """Too little was metered to say."""


LIMITED = (Deviation.LIMITED_ELSEWHERE, Deviation.TAPER, Deviation.LIMITED_BY_EV)
DISOBEYED = (Deviation.IGNORED, Deviation.LIAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOrder:
    """A setpoint that left for the station. `set_w`: what the station was told, where that is not
    what was asked; `composite_w`: what its composite schedule said then, None if it was not asked;
    `until`: the lease's end. `done_at` None: no word of it yet."""

    sent_at: datetime
    until: datetime
    setpoint_w: float
    status: CommandStatus
    done_at: datetime | None = None
    set_w: float | None = None
    composite_w: float | None = None

    @property
    def told_w(self) -> float:
        """What it was told."""
        return self.setpoint_w if self.set_w is None else self.set_w

    @property
    def confirmed(self) -> bool:
        """Whether the station took it, as far as it says."""
        return self.status is CommandStatus.CONFIRMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """One reading: energies since the transaction began (None: no such register), what flowed at
    that moment, + into the vehicle."""

    at: datetime
    imported_wh: float | None = None
    exported_wh: float | None = None
    power_w: float | None = None
    soc_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """From `at` on the plan in force had this for the EVSE; None: it did not know the vehicle."""

    at: datetime
    setpoint_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of one transaction at one EVSE around an interval, each in order of time.

    `ends_at` None: it still runs. `limited_at`: since when somebody else's limit has been in force
    there, if one is. Powers without a sign word are magnitudes.
    """

    station_id: ChargingStationId
    evse_id: EvseId
    transaction_id: TransactionId
    begins_at: datetime
    ends_at: datetime | None
    floor_w: float
    min_charge_w: float
    max_charge_w: float
    max_discharge_w: float
    sample_interval_s: float
    orders: tuple[SentOrder, ...] = ()
    metered: tuple[Metered, ...] = ()
    planned: tuple[PlannedStep, ...] = ()
    limited_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow:
    """One transaction in one interval, or what of it the transaction lasted (`duration_s`).

    `sent_w`, `confirmed_w`: setpoints in force, the floor where there was no lease; `composite_w`
    None: never read back. `import_wh`, `export_wh` are by the registers, straight between two
    readings; `import_max_wh`, `export_max_wh` what may have flowed at most. `reading_count`: the
    readings in it.
    """

    station_id: ChargingStationId
    evse_id: EvseId
    transaction_id: TransactionId
    starts_at: datetime
    duration_s: float
    planned_w: float | None
    sent_w: float
    confirmed_w: float
    composite_w: float | None
    import_wh: float
    export_wh: float
    import_max_wh: float
    export_max_wh: float
    reading_count: int
    deviation: Deviation
