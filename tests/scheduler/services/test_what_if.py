"""What would be: two plans that differ by what was asked, and nothing is left behind."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.domain.signal import GridSignal, SignalKind
from scheduler.domain.site import Circuit
from scheduler.planning.problem import PlanningInput
from scheduler.services.accept_signal import SignalRefusal, SignalRequest
from scheduler.services.change_demand import change_demand
from scheduler.services.what_if import (
    Otherwise,
    Refused,
    WhatIf,
    WhatIfRefusal,
    Wish,
    compared,
    refusal_of_question,
    what_if,
)
from scheduler.store import plans
from scheduler.store.vehicles import DemandSource, Vehicle
from tests.scheduler.makers import NOON, a_demand, a_site, an_input
from tests.scheduler.world import NOON as YARD_NOON
from tests.scheduler.world import World, yard

DEAR_THEN_CHEAP = [0.4] * 8 + [0.1] * 8


def asked_of(given: PlanningInput, *live: GridSignal, **otherwise: Any) -> WhatIf:
    return compared(given, live, Otherwise(**otherwise), 10.0)


def an_instruction(**power: float) -> SignalRequest:
    return SignalRequest(
        site_id="test", operator="dso", external_id="x", revision=0, priority=1,
        kind=SignalKind.INSTRUCTION, starts_at=NOON + timedelta(hours=1),
        ends_at=NOON + timedelta(hours=2), **power,
    )  # fmt: skip


def test_leaving_before_the_cheap_hours_costs_more() -> None:
    given = an_input(a_demand(), import_gbp_per_kwh=DEAR_THEN_CHEAP)
    early = Wish(vehicle_id="v1", departure_at=NOON + timedelta(hours=2))
    found = asked_of(given, vehicles=(early,))
    assert found.as_it_is.evses[0].setpoint_w[:8].max() == 0
    assert found.otherwise.evses[0].setpoint_w[8:].max() == 0
    dearer_gbp = found.otherwise.objective_gbp - found.as_it_is.objective_gbp
    assert dearer_gbp == pytest.approx(10 * 0.3)  # 10 kWh


def test_a_boost_shows_what_it_costs() -> None:
    given = an_input(a_demand(), import_gbp_per_kwh=DEAR_THEN_CHEAP)
    found = asked_of(given, vehicles=(Wish(vehicle_id="v1", boost=True),))
    assert found.as_it_is.evses[0].setpoint_w[:8].max() == 0
    assert found.otherwise.evses[0].setpoint_w[:3].min() == pytest.approx(11_000)


def test_who_is_boosted_goes_before_the_others_and_who_is_ready_does_not() -> None:
    both = [a_demand(n, hours=1, target_wh=31_000.0) for n in (1, 2)]
    site = a_site(circuits=(Circuit(circuit_id="yard", limit_w=12_000.0),))
    given = an_input(both[0], both[1], site=site)
    for vehicle_id in ("v1", "v2"):
        found = asked_of(given, vehicles=(Wish(vehicle_id=vehicle_id, boost=True),)).otherwise
        short_wh = {evse.vehicle_id: evse.shortfall_wh for evse in found.evses}
        assert short_wh[vehicle_id] == pytest.approx(0, abs=1)
    ready = an_input(a_demand(energy_wh=30_000.0, max_discharge_w=10_000.0), load_w=30_000.0)
    free = asked_of(ready, vehicles=(Wish(vehicle_id="v1", boost=True),))
    assert free.otherwise.objective_gbp == pytest.approx(free.as_it_is.objective_gbp)


def test_a_narrower_circuit_shows_who_would_miss_the_target() -> None:
    given = an_input(*(a_demand(n, hours=1, target_wh=28_000.0) for n in (1, 2)))
    found = asked_of(given, circuit_limit_w={"yard": 11_000.0})
    assert sum(evse.shortfall_wh for evse in found.as_it_is.evses) == pytest.approx(0, abs=1)
    assert sum(evse.shortfall_wh for evse in found.otherwise.evses) == pytest.approx(5_000, abs=1)


def test_the_connection_may_be_wider_than_it_is() -> None:
    given = an_input(
        *(a_demand(n, hours=1, target_wh=31_000.0) for n in (1, 2)), import_max_w=21_000.0
    )
    found = asked_of(given, import_limit_w=100_000.0)
    assert found.as_it_is.evses[0].shortfall_wh + found.as_it_is.evses[1].shortfall_wh > 9_000
    assert sum(evse.shortfall_wh for evse in found.otherwise.evses) == pytest.approx(0, abs=1)


def test_an_instruction_is_asked_for_against_the_plan_without_it() -> None:
    given = an_input(a_demand(max_discharge_w=10_000.0))
    found = asked_of(given, signals=(an_instruction(delta_w=-3_000.0),))
    change_w = found.otherwise.grid_w - found.as_it_is.grid_w
    assert change_w[4:8] == pytest.approx([-3_000] * 4, abs=5)


def test_no_rebound_and_reserves_are_asked_for_likewise() -> None:
    """What a full vehicle lends for an hour it may not take back in the next; or it is on call."""
    giver = a_demand(energy_wh=50_000.0, target_wh=50_000.0, max_discharge_w=10_000.0)
    given = an_input(giver, load_w=30_000.0)
    lent = an_instruction(delta_w=-5_000.0)
    free = asked_of(given, signals=(lent,)).otherwise
    kept = asked_of(given, signals=(replace(lent, no_rebound_after_s=3_600),))
    assert free.grid_w[8:12].max() > kept.as_it_is.grid_w[8:12].max() + 1_000
    assert (kept.otherwise.grid_w[8:12] <= kept.as_it_is.grid_w[8:12] + 5).all()
    reserve = replace(
        lent, kind=SignalKind.RESERVE, delta_w=None, reserve_down_w=20_000.0, reserve_s=900
    )
    (note,) = asked_of(given, signals=(reserve,)).otherwise.notes
    assert (note["code"], note["shortfall_w"]) == ("reserve_shortfall", pytest.approx(10_000))


def test_beside_a_live_instruction_the_baseline_knows_of_none() -> None:
    window = {"starts_at": NOON + timedelta(hours=1), "ends_at": NOON + timedelta(hours=2)}
    live = GridSignal(
        signal_id=uuid4(), site_id="test", operator="dso", external_id="live", revision=0,
        kind=SignalKind.INSTRUCTION, priority=5, site_power_w=15_000.0, **window,
    )  # fmt: skip
    giver = a_demand(max_discharge_w=10_000.0)
    none = [float("nan")]
    given = an_input(giver, grid_target_w=none * 4 + [15_000.0] * 4 + none * 8)
    plain = asked_of(an_input(giver)).as_it_is.grid_w[4:8]
    found = asked_of(given, live, signals=(an_instruction(delta_w=-1_000.0),))
    assert found.as_it_is.grid_w[4:8] == pytest.approx([15_000] * 4, abs=5)
    assert found.otherwise.grid_w[4:8] == pytest.approx(plain - 1_000, abs=5)
    without = asked_of(given, live, without=frozenset({live.signal_id}))
    assert without.otherwise.grid_w[4:8] == pytest.approx(plain, abs=5)


def test_asking_for_nothing_changes_nothing() -> None:
    found = asked_of(an_input(a_demand(), a_demand(2)))
    assert found.otherwise.objective_gbp == pytest.approx(found.as_it_is.objective_gbp)
    assert (found.otherwise.grid_w == found.as_it_is.grid_w).all()


@pytest.mark.parametrize(
    ("otherwise", "reason", "about"),
    [
        ({"vehicles": (Wish(vehicle_id="v9"),)}, WhatIfRefusal.NO_SUCH_VEHICLE, "v9"),
        (
            {"vehicles": (Wish(vehicle_id="v1", departure_at=NOON),)},
            WhatIfRefusal.DEPARTURE_PAST,
            "v1",
        ),
        (
            {"vehicles": (Wish(vehicle_id="v2", target_soc_pct=50.0),)},
            WhatIfRefusal.STATE_OF_CHARGE_UNKNOWN,
            "v2",
        ),
        ({"circuit_limit_w": {"moon": 1.0}}, WhatIfRefusal.NO_SUCH_CIRCUIT, "moon"),
        ({"without": frozenset({UUID(int=7)})}, WhatIfRefusal.NO_SUCH_SIGNAL, str(UUID(int=7))),
        ({"signals": (an_instruction(),)}, SignalRefusal.POWER_MISSING, "x"),
    ],
)
def test_a_question_about_what_is_not_there_is_refused_by_name(
    otherwise: dict[str, Any], reason: str, about: str
) -> None:
    given = an_input(a_demand(soc_known=True), a_demand(2, soc_known=False))
    refused = refusal_of_question(given, (), Otherwise(**otherwise))
    assert refused == Refused(reason=reason, about=about)


def test_a_site_of_several_circuits_keeps_the_others() -> None:
    bay = Circuit(circuit_id="bay", limit_w=20_000, parent_id="yard")
    yard_ = Circuit(circuit_id="yard", limit_w=50_000)
    given = an_input(a_demand(circuit_id="bay"), site=a_site(circuits=(yard_, bay)))
    found = asked_of(given, circuit_limit_w={"yard": 5_000.0})
    assert found.otherwise.fleet_w.max() <= 5_001
    assert found.as_it_is.fleet_w.max() > 5_001


@pytest.mark.integration
async def test_a_question_leaves_nothing_behind(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    van = Vehicle(
        vehicle_id="van-7", site_id="yard", id_token="token-7", capacity_wh=50_000,
        target_soc_pct=80, departure_at=YARD_NOON + timedelta(hours=4),
        demand_source=DemandSource.DRIVER,
    )  # fmt: skip
    async with engine.begin() as conn:
        await change_demand(conn, van, expected_version=None, now=YARD_NOON)
    await world.plugs_in("yard-01", token="token-7", soc_pct=20)
    soon = Otherwise(
        vehicles=(Wish(vehicle_id="van-7", departure_at=YARD_NOON + timedelta(hours=1)),)
    )

    found = await what_if(engine, yard(), soon, now=YARD_NOON)

    assert isinstance(found, WhatIf)
    assert found.as_it_is.evses[0].shortfall_wh == pytest.approx(0, abs=1)
    assert found.otherwise.evses[0].shortfall_wh > 10_000
    async with engine.connect() as conn:
        assert await plans.newest_head(conn, "yard") is None
