"""Each seed draws its own fleet, and every kind of station is used as what it is."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace as replace_struct

from csms.lease_ends import LEASE_ENDS
from scheduler.domain.signal import SignalKind
from scheduler.services.accept_signal import SignalRequest
from simulator.faults import NONE
from simulator.sessions import Tells
from simulator.station import Station
from tests.v2ghub.rehearse.test_rehearsal import SMALL, rules, until
from v2ghub.rehearse.mix import ONE_WAY, TWO_WAY, Kind, drawn
from v2ghub.rehearse.options import Options
from v2ghub.rehearse.outside import accept
from v2ghub.rehearse.run import Rehearsal, rehearse
from v2ghub.rehearse.site import make_site, version_of


@pytest.mark.parametrize("stations", [2, 3, 8, 40])
def test_there_are_so_many_stations_and_both_directions(stations: int) -> None:
    kinds = drawn(stations, Random(1))
    assert sum(kinds.values()) == stations
    assert set(kinds) & set(TWO_WAY)
    assert set(kinds) & set(ONE_WAY)
    site, spec = make_site(kinds, 300.0)
    named = [one.station_id for one in spec.station_specs()]
    assert sorted(named) == sorted(evse.station_id for evse in site.evses())
    spoken = [version_of(kinds, station_id) for station_id in named]
    assert sorted(spoken) == sorted(k.version for k, count in kinds.items() for _ in range(count))


def test_a_seed_draws_the_same_fleet_again_and_another_another() -> None:
    fleets = [drawn(8, Random(f"{seed} mix")) for seed in range(20)]
    assert fleets == [drawn(8, Random(f"{seed} mix")) for seed in range(20)]
    assert len({tuple(fleet.items()) for fleet in fleets}) > 5
    assert {kind for fleet in fleets for kind in fleet} == {*TWO_WAY, *ONE_WAY}


async def everybody_gives(rehearsal: Rehearsal) -> None:
    """Nobody keeps leases."""
    for station in rehearsal.world.stations.values():
        station.faults = NONE
    rehearsal.database.tables.quirks.clear()
    gives = await everybody_asked(rehearsal)
    await until(lambda: all(one.evse.export_wh > 0 for one in gives))


async def everybody_asked(rehearsal: Rehearsal) -> list[Station]:
    """The grid asks for all that can be given, and each vehicle has enough; who can give."""
    site, world = rehearsal.site, rehearsal.world
    gives = {name: one for name, one in world.stations.items() if one.spec.max_discharge_w}
    await asyncio.sleep(150)
    for station_id, station in gives.items():
        station.unplug(world.now)
        visit = rehearsal.outside.visit(station_id, world.now, came_ratio=0.8)
        leaves_at = world.now + timedelta(hours=4)
        world.fleet.expect(
            replace(
                visit,
                departure_at=leaves_at,
                estimated_departure_at=leaves_at,
                requested_wh=100.0,
                target_soc_ratio=0.8,
                tells=Tells.DRIVER,
            )
        )
    asked = SignalRequest(
        site_id=site.site_id, operator="grid", external_id="give", revision=1, priority=0,
        kind=SignalKind.INSTRUCTION, site_power_w=-site.grid_connection.export_limit_w,
        starts_at=world.now, ends_at=world.now + timedelta(minutes=30),
    )  # fmt: skip
    assert accept(rehearsal.database.tables, site, asked, world.now) is None
    return list(gives.values())


def alone(kind: Kind) -> Options:
    """A rehearsal of one station of this kind, and one that only charges."""
    seeds = (seed for seed in range(1_000) if kind in drawn(2, Random(f"{seed} mix")))
    return replace(SMALL, seed=next(seeds), stations=2)


@pytest.mark.parametrize("kind", TWO_WAY, ids=lambda kind: kind.prefix)
def test_each_kind_that_can_gives_back_in_its_own_words(kind: Kind) -> None:
    assert rules(rehearse(alone(kind), everybody_gives)) == set()


async def one_is_known_to_keep_leases(rehearsal: Rehearsal) -> None:
    """It can give back, and the grid asks for that: it is told nothing that it would go on with."""
    tables, world = rehearsal.database.tables, rehearsal.world
    gives = [name for name, one in world.stations.items() if one.spec.max_discharge_w]
    for station_id in gives:
        world.stations[station_id].faults = replace_struct(NONE, keeps_leases=True)
        tables.say(station_id, LEASE_ENDS, False, world.now)
    asked: list[float] = []
    ordered = tables.ordered
    tables.ordered = lambda command: (
        asked.append(command.payload["setpoint_w"]) if command.station_id in gives else None,
        ordered(command),
    )[1]
    await everybody_asked(rehearsal)
    await asyncio.sleep(240)
    assert asked
    assert min(asked) >= 0
    assert {rehearsal.judge.unsettled(one) for one in gives} == {None}


def test_a_station_that_is_known_to_keep_leases_is_asked_for_no_discharge() -> None:
    assert rules(rehearse(alone(TWO_WAY[0]), one_is_known_to_keep_leases)) == set()
