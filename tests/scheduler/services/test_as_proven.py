"""The next plan reckons with what the meter proved of the last orders."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.domain.proof import Deviation, ProofRow
from scheduler.services.as_proven import PROVEN_FOR, as_proven
from scheduler.services.planning_input import gather
from scheduler.store import proofs
from tests.scheduler.makers import a_demand
from tests.scheduler.world import NOON, World, yard


def row(deviation: Deviation, *, of: Any = None, **changes: Any) -> ProofRow:
    of = of or a_demand()
    fields: dict[str, Any] = {
        "station_id": of.station_id, "evse_id": of.evse_id, "transaction_id": of.transaction_id,
        "starts_at": NOON - timedelta(minutes=10), "duration_s": 300.0, "planned_w": None,
        "sent_w": 7_000.0, "confirmed_w": 7_000.0, "composite_w": None, "import_wh": 300.0,
        "export_wh": 0.0, "import_max_wh": 310.0, "export_max_wh": 0.0, "reading_count": 5,
        "deviation": deviation,
    }  # fmt: skip
    return ProofRow(**(fields | changes))


def proven(one: ProofRow, **changes: Any) -> Any:
    return as_proven(a_demand(**changes), {(one.station_id, one.evse_id, one.transaction_id): one})


LIMITS = [Deviation.LIMITED_BY_EV, Deviation.TAPER, Deviation.LIMITED_ELSEWHERE]


@pytest.mark.parametrize("deviation", LIMITS)
def test_what_limits_a_vehicle_limits_its_plan(deviation: Deviation) -> None:
    assert proven(row(deviation)).max_charge_w == pytest.approx(3_600 * 1.05)


def test_a_limit_never_locks_a_vehicle_out() -> None:
    nothing = row(Deviation.LIMITED_BY_EV, import_wh=0.0)
    assert proven(nothing, min_charge_w=1_380.0).max_charge_w == 1_380.0


def test_who_takes_nothing_of_an_offer_is_full_whatever_it_is_offered_next() -> None:
    nothing = row(Deviation.LIMITED_BY_EV, import_wh=0.0, import_max_wh=0.0)
    found = proven(nothing, energy_wh=18_000.0, target_wh=28_000.0)
    assert (found.target_wh, found.energy_wh) == (18_000.0, 18_000.0)
    ahead = proven(nothing, energy_wh=18_000.0, target_wh=12_000.0)
    assert ahead.target_wh == 12_000.0


@pytest.mark.parametrize(
    ("deviation", "import_max_wh"),
    [(Deviation.LIMITED_BY_EV, 300.0), (Deviation.TAPER, 60.0), (Deviation.LIMITED_ELSEWHERE, 0.0)],
)
def test_who_may_have_taken_a_little_or_may_not_take_still_wants_it(
    deviation: Deviation, import_max_wh: float
) -> None:
    told = row(deviation, import_wh=0.0, import_max_wh=import_max_wh)
    found = proven(told, energy_wh=18_000.0, target_wh=28_000.0)
    assert found.target_wh == 28_000.0


def test_who_gives_less_is_not_asked_for_more() -> None:
    gives = row(Deviation.LIMITED_BY_EV, sent_w=-9_000.0, import_wh=0.0, export_wh=250.0)
    found = proven(gives, max_discharge_w=10_000.0)
    assert found.max_discharge_w == pytest.approx(3_000 * 1.05)
    assert found.max_charge_w == a_demand().max_charge_w


@pytest.mark.parametrize("deviation", [Deviation.LIAR, Deviation.IGNORED])
def test_who_does_not_obey_is_a_load(deviation: Deviation) -> None:
    assert proven(row(deviation)).floor_w == pytest.approx(3_600)


def test_nothing_known_changes_nothing() -> None:
    assert as_proven(a_demand(), {}) == a_demand()
    assert as_proven(None, {}) is None


@pytest.mark.integration
async def test_a_plan_is_made_of_what_was_proven_until_it_is_old(
    world: World, engine: AsyncEngine
) -> None:
    site = await world.has_site(yard())
    transaction_id = await world.plugs_in("yard-01", token="token-1", at=NOON, soc_pct=50.0)
    own = {
        "station_id": ChargingStationId("yard-01"), "evse_id": EvseId(1),
        "transaction_id": TransactionId(transaction_id), "starts_at": NOON,
    }  # fmt: skip
    followed = {"starts_at": NOON + timedelta(minutes=5), "import_wh": 500.0}
    rows = [
        row(Deviation.TAPER, **own),
        row(Deviation.FOLLOWED, **(own | followed)),
    ]
    async with engine.begin() as conn:
        await proofs.replace(conn, "yard", (), rows)
        (soon,) = (await gather(conn, site, NOON + timedelta(minutes=12))).given.demands
        (late,) = (await gather(conn, site, NOON + PROVEN_FOR + timedelta(minutes=1))).given.demands
    assert (soon.max_charge_w, late.max_charge_w) == pytest.approx((3_780, 11_000))
