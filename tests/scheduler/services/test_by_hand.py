"""What is ordered by hand is judged by all that was ordered of late."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.commands import CommandKind
from csms.domain.ids import ChargingStationId, EvseId
from scheduler.domain.dispatch import Dispatch
from scheduler.services.by_hand import ByHand, Judge, Refusal, judge_of
from scheduler.store import live
from scheduler.store.turns import Ordered
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration
SITE = yard(dispatch=Dispatch(ramp_w_per_s=1_000.0))


def by_hand(station_id: str, kind: CommandKind, ago_s: float = 0.0, **payload: Any) -> ByHand:
    at = NOON - timedelta(seconds=ago_s)
    return ByHand(station_id=station_id, kind=kind, payload=payload, at=at)


def stop(station_id: str, ago_s: float = 0.0) -> ByHand:
    return by_hand(station_id, CommandKind.REQUEST_STOP_TRANSACTION, ago_s)


def order(station_id: str, setpoint_w: float, ago_s: float, reason: str = "plan") -> Ordered:
    return Ordered(
        station_id=ChargingStationId(station_id), evse_id=EvseId(1), setpoint_w=setpoint_w,
        at=NOON - timedelta(seconds=ago_s), reason=reason,
    )  # fmt: skip


@pytest.fixture
async def picture(world: World, engine: AsyncEngine) -> tuple[live.LiveEvse, ...]:
    """Three vehicles charge at 7 kW; the fourth EVSE is free."""
    await world.has_site(SITE)
    for number in (1, 2, 3):
        await world.plugs_in(f"yard-0{number}", token=f"TAG-{number}", power_w=7_000.0)
    async with engine.connect() as conn:
        return await live.evses(conn, "yard")


Picture = tuple[live.LiveEvse, ...]


def judge(picture: Picture, *told: Ordered | ByHand) -> Judge:
    orders = [one for one in told if isinstance(one, Ordered)]
    sent = [one for one in told if isinstance(one, ByHand)]
    return judge_of(SITE, picture, orders, sent, NOON)


def rule(judge: Judge, asked: ByHand, **told: bool) -> str | None:
    refusal = judge.refusal(asked, **told)
    return None if refusal is None else refusal.rule


async def test_a_second_stop_waits_for_the_ramp_unless_two_people_agreed(picture: Picture) -> None:
    """10 kW in ten seconds: one stop of 7 kW, and no other."""
    assert rule(judge(picture), stop("yard-02")) is None
    after = judge(picture, stop("yard-01", ago_s=9))
    assert rule(after, stop("yard-02")) == "ramp"
    assert rule(after, stop("yard-02"), ramped=False) is None
    assert rule(judge(picture, stop("yard-01", ago_s=10)), stop("yard-02")) is None
    assert rule(judge(picture, stop("yard-04", ago_s=9)), stop("yard-02")) is None


async def test_a_stop_counts_though_what_ran_has_ended_by_it(picture: Picture) -> None:
    ordered, stopped = order("yard-04", 7_000.0, 100), stop("yard-04", ago_s=9)
    stopped.payload["transactionId"] = "tx-over"
    assert rule(judge(picture, ordered, stopped), stop("yard-02")) == "ramp"


async def test_what_the_controller_raised_counts_and_what_it_did_for_a_limit_does_not(
    picture: Picture,
) -> None:
    start = by_hand("yard-04", CommandKind.REQUEST_START_TRANSACTION)
    profile = {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6_000.0}]}
    start.payload["chargingProfile"] = {"chargingSchedule": [profile]}
    raised = (order("yard-01", 1_000.0, 100), order("yard-01", 7_000.0, 5))
    assert rule(judge(picture), start) is None
    assert rule(judge(picture, *raised), start) == "ramp"
    for_a_limit = (raised[0], order("yard-01", 7_000.0, 5, reason="export_bound"))
    assert rule(judge(picture, *for_a_limit), start) is None


async def test_the_dwell_is_told_to_the_second(picture: Picture) -> None:
    turned = judge(picture, order("yard-01", -7_000.0, 20))
    raised = by_hand("yard-01", CommandKind.USE_PRIORITY_CHARGING, activate=True)
    assert turned.refusal(raised) == Refusal(rule="dwell", wait_s=40.0)
    assert turned.refusal(replace(raised, station_id="yard-02")) is None
