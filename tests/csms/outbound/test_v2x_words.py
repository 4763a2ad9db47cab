"""Setpoints of 2.1 over a link of 2.0.1: to whom, and nothing more than that."""

import pytest

from csms.domain.commands import CommandStatus
from csms.domain.discharge import DischargeDialect
from csms.domain.station import OcppVersion
from csms.domain.v2x import V2xAbilities
from tests.csms.outbound.conftest import NOW, Bench

V2X = V2xAbilities(modes=frozenset({"CentralSetpoint"}), energy_transfer="DC_BPT")
SPEAKS = {"discharge_dialect": DischargeDialect.OCPP201_V2X, "discharge_proven_at": NOW, "v2x": V2X}


def periods(bench: Bench) -> list[dict]:
    profiles = [sent["chargingProfile"] for sent in bench.station.requests("SetChargingProfile")]
    return [one["chargingSchedule"][0]["chargingSchedulePeriod"][0] for one in profiles]


async def test_a_discharge_is_a_central_setpoint_and_is_read_back(bench: Bench) -> None:
    bench.can(**SPEAKS)
    outcome = await bench.setpoint(-5_000)
    assert (outcome.status, outcome.composite_w) == (CommandStatus.CONFIRMED, -5_000)
    assert periods(bench) == [
        {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -5_000}
    ]


async def test_a_charge_is_what_2_0_1_says_anyway(bench: Bench) -> None:
    bench.can(**SPEAKS)
    assert (await bench.setpoint(7_000)).composite_w == 7_000
    assert periods(bench) == [{"startPeriod": 0, "limit": 7_000}]


async def test_a_station_that_takes_it_for_no_limit_is_set_to_0(bench: Bench) -> None:
    bench.can(**SPEAKS)
    bench.station.reads_negative_as = lambda _: 11_000.0
    outcome = await bench.setpoint(-5_000)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "discharge_misread")
    assert periods(bench)[-1] == {"startPeriod": 0, "limit": 0}


@pytest.mark.parametrize(
    ("version", "dialect"),
    [
        (OcppVersion.V201, DischargeDialect.OCPP21),
        (OcppVersion.V21, DischargeDialect.NEGATIVE_LIMIT),
    ],
)
async def test_another_link_than_that_of_the_dialect_hears_no_setpoint(
    bench: Bench, version: OcppVersion, dialect: DischargeDialect
) -> None:
    bench.station.version = version
    bench.can(**(SPEAKS | {"discharge_dialect": dialect}))
    outcome = await bench.setpoint(-5_000)
    assert (outcome.setpoint_w, outcome.reason) == (0, "discharge_not_supported")
