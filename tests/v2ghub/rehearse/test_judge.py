"""What the judge takes for a breach, without a hub."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.ids import ChargingStationId, EvseId
from scheduler.domain.signal import SignalKind
from scheduler.planning.profiles import command_id
from scheduler.services.accept_signal import SignalRequest, signal_of
from simulator.evse import Occupant
from simulator.plant import PlantSample
from simulator.sessions import vehicle_of
from simulator.station import Station
from simulator.vehicle import Vehicle
from v2ghub.rehearse.judge import Judge
from v2ghub.rehearse.mix import ONE_WAY, TWO_WAY
from v2ghub.rehearse.site import make_site
from v2ghub.rehearse.tables import Tables

NOON = datetime(2026, 3, 24, 12, tzinfo=UTC)
KINDS = {TWO_WAY[1]: 1, ONE_WAY[0]: 1}
STATION = ChargingStationId("rh-v2g201-01")


class Bench:
    """A judge and one station with a vehicle that gives power back; it calls profiles by a name."""

    def __init__(self, named: str = "chargingProfile") -> None:
        self.named = named
        site, spec = make_site(KINDS, 300.0)
        one = next(iter(spec.station_specs()))
        self.station = Station(one)
        self.vehicle = Vehicle(vehicle_of(spec, one, 1), 0.0)
        self.station.evse.occupant = Occupant(self.vehicle)
        self.judge = Judge(site, Tables(), {STATION: self.station})
        self.limit_w = site.grid_connection.import_limit_w

    def second(self, grid_w: float = 0.0, power_w: float = 0.0, soc_pct: float = 50.0) -> None:
        self.vehicle.energy_wh = self.vehicle.spec.capacity_wh * soc_pct / 100
        self.station.evse.power_w = power_w
        sample = PlantSample(
            at=NOON, grid_w=grid_w, load_w=grid_w, solar_w=0, wind_w=0, store_w=0, fleet_w=0
        )
        self.judge.step(NOON, 1, sample)

    def order(self, version: int, until: datetime) -> None:
        self.judge.ordered(
            Command(
                command_id=command_id(STATION, version), station_id=STATION, evse_id=EvseId(1),
                kind=CommandKind.SET_SETPOINT, priority=CommandPriority.DISPATCH,
                payload={"setpoint_w": 1.0, "until": until.isoformat()},
                created_at=NOON, deadline_at=until, version=version,
            )
        )  # fmt: skip

    def tell(self, until: datetime) -> None:
        told = {self.named: {"validTo": until.isoformat()}}
        self.judge.told(STATION, orjson.dumps([2, "1", "SetChargingProfile", told]))

    @property
    def rules(self) -> list[str]:
        return [breach.rule for breach in self.judge.breaches]


def test_the_connection_may_be_full_and_not_thrice_full() -> None:
    bench = Bench()
    bench.second(grid_w=bench.limit_w)
    assert bench.rules == []
    bench.second(grid_w=3 * bench.limit_w)
    assert bench.rules == ["breaker"]


def test_what_a_signal_leaves_of_the_import_is_a_limit_while_it_lasts() -> None:
    bench, minute = Bench(), timedelta(minutes=1)
    told = SignalRequest(
        site_id="rehearsal", operator="grid", external_id="cap", revision=1, priority=0,
        kind=SignalKind.ENVELOPE, import_max_w=bench.limit_w / 3,
        starts_at=NOON, ends_at=NOON + minute,
    )  # fmt: skip
    tables = bench.judge.tables
    tables.signals["cap"] = replace(signal_of(told), starts_at=NOON + minute)
    bench.second(grid_w=bench.limit_w)
    tables.signals["cap"] = signal_of(told)
    bench.second(grid_w=bench.limit_w / 3)
    assert bench.rules == []
    bench.second(grid_w=bench.limit_w)
    assert bench.rules == ["breaker"]


def test_a_vehicle_may_give_down_to_its_floor_and_charge_below_it() -> None:
    bench = Bench()
    bench.second(power_w=-2_000, soc_pct=30)
    bench.second(power_w=2_000, soc_pct=12)
    assert bench.rules == []
    bench.second(power_w=-2_000, soc_pct=28)
    bench.second(power_w=-2_000, soc_pct=28)
    assert bench.rules == ["floor"], "it is told once a time"


@pytest.mark.parametrize("named", ["chargingProfile", "csChargingProfiles"], ids=["2.x", "1.6"])
def test_setpoints_may_be_repeated_and_renewed_and_not_taken_back(named: str) -> None:
    bench, later = Bench(named), NOON + timedelta(seconds=5)
    bench.order(1, NOON)
    bench.order(2, later)
    for until in (NOON, NOON, later, later):
        bench.tell(until)
    assert bench.rules == []
    bench.tell(NOON)
    assert bench.rules == ["fence"]


def test_an_event_that_is_answered_and_not_stored_is_a_breach() -> None:
    bench = Bench()
    event = {"eventType": "Started", "seqNo": 0, "transactionInfo": {"transactionId": "tx"}}
    bench.judge.answered(STATION, event)
    assert bench.rules == ["ledger"]


def line_16(event_type: str, at: datetime, trigger: str, content_hash: str) -> tuple[Any, ...]:
    """A line of the ledger as OCPP 1.6 fills it: nothing is counted."""
    return (STATION, "7", -1, event_type, at, content_hash, at, trigger, False, "1.6", b"", "")


SAMPLE = {"eventType": "Updated", "seqNo": 3, "triggerReason": "MeterValuePeriodic",
          "timestamp": "2026-03-24T12:00:00Z", "transactionInfo": {"transactionId": "own"},
          "meterValue": [{}]}  # fmt: skip
STATE = {**SAMPLE, "triggerReason": "ChargingStateChanged"}
OF_16 = line_16("Updated", NOON, "MeterValuePeriodic", "a")
LATER_16 = line_16("Updated", NOON + timedelta(seconds=1), "MeterValuePeriodic", "b")


@pytest.mark.parametrize(
    ("event", "lines", "rules"),
    [
        (SAMPLE, [OF_16, LATER_16], []),
        (SAMPLE, [LATER_16], ["ledger"]),
        (SAMPLE, [], ["ledger"]),
        (SAMPLE, [OF_16, line_16("Updated", NOON, "MeterValuePeriodic", "c")], ["ledger"]),
        (SAMPLE, [line_16("Updated", NOON, "ChargingStateChanged", "d")], ["ledger"]),
        (STATE, [], []),
        ({**SAMPLE, "eventType": "Ended"}, [OF_16], ["ledger"]),
    ],
    ids=["stored", "another", "lost", "twice", "a status", "no event in 1.6", "no end"],
)
def test_an_event_of_1_6_is_known_by_its_time_under_the_number_that_the_hub_gave(
    event: dict[str, Any], lines: list[tuple[Any, ...]], rules: list[str]
) -> None:
    bench = Bench()
    bench.judge.hub_id = lambda station_id, transaction_id: {"own": "7"}[transaction_id]
    bench.judge.tables.ledger[STATION, "7"] = {line[:6]: line for line in lines}
    bench.judge.answered(STATION, event)
    assert bench.rules == rules
