"""The worker as a process of its own, with a real Valkey and PostgreSQL."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import EVENTS, Bus
from csms.clock import wall_now
from csms.store.heartbeat import all_heartbeats
from scheduler.celery_app import worker_of
from scheduler.domain.plan import PlanStatus
from scheduler.store import plans
from tests.scheduler.world import World, yard
from v2ghub.embedded import EmbeddedValkey, running

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]


@pytest.fixture
def environment(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "V2GHUB_DATABASE_URL": database_url,
        "V2GHUB_REDIS_URL": redis_url,
        "V2GHUB_SECRET": "s" * 32,
        "V2GHUB_STATE_DIR": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
async def bus(redis_url: str) -> AsyncIterator[Bus]:
    made = Bus(redis_url)
    yield made
    await made.close()


@contextmanager
def celery(
    environment: dict[str, str], *arguments: str, module: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery process; it is ended in order, or else killed, with its children."""
    application = module or f"scheduler.{arguments[0]}"
    command = [sys.executable, "-m", "celery", "-A", application, *arguments]
    number = environment.get("V2GHUB_WORKER_NUMBER", "")
    log = Path(environment["V2GHUB_STATE_DIR"]) / f"{arguments[0]}{number}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def worker(environment: dict[str, str], module: str = "") -> Iterator[subprocess.Popen[bytes]]:
    options = ["--concurrency", "1", "--without-gossip", "--without-mingle"]
    with celery(environment, "worker", *options, module=module) as process:
        yield process


@contextmanager
def beat(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with celery(environment, "beat", "--pidfile=") as process:
        yield process


async def until(what: Callable[[], Awaitable[Any]], real_s: float = 60.0) -> Any:
    async with asyncio.timeout(real_s):
        while not (found := await what()):  # noqa: ASYNC110 - the truth is in another process
            await asyncio.sleep(0.1)
    return found


async def version(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        head = await plans.newest_head(conn, "yard")
    return head.version if head else 0


async def test_an_outbox_event_leads_to_a_plan_without_any_beat(
    world: World, engine: AsyncEngine, bus: Bus, environment: dict[str, str]
) -> None:
    await world.has_site(yard())
    with worker(environment):

        async def heard() -> bool:
            await bus.publish(EVENTS, "1")
            return await version(engine) == 1

        await until(heard)
        await world.plugs_in("yard-01", token="token-1", at=wall_now())
        await bus.publish(EVENTS, "2")

        async def planned() -> bool:
            async with engine.connect() as conn:
                stored = await plans.newest(conn, "yard")
            return stored is not None and len(stored.plan.evses) == 1

        await until(planned)


async def test_beat_and_worker_plan_without_any_hint_and_show_that_they_live(
    world: World, engine: AsyncEngine, environment: dict[str, str]
) -> None:
    await world.has_site(yard())
    with worker(environment), beat(environment):

        async def planned() -> bool:
            return await version(engine) >= 1

        async def beats() -> bool:
            async with engine.connect() as conn:
                return "worker" in {one.process for one in await all_heartbeats(conn)}

        await until(planned)
        await until(beats)


async def test_ten_sites_are_planned_side_by_side_by_two_workers_each_by_its_own(
    world: World, engine: AsyncEngine, environment: dict[str, str], tmp_path: Path
) -> None:
    sites = [f"yard-{number}" for number in range(10)]
    for site_id in sites:
        stations = (replace(yard().stations[0], prefix=f"{site_id}-"),)
        await world.has_site(yard(site_id=site_id, stations=stations))
    own = {k: environment | {"V2GHUB_WORKER_PROCESSES": "2", "V2GHUB_WORKER_NUMBER": f"{k}"}
           for k in (1, 2)}  # fmt: skip

    async def all_planned() -> bool:
        async with engine.connect() as conn:
            return all([await plans.newest_head(conn, one) is not None for one in sites])

    async def both_beat() -> bool:
        async with engine.connect() as conn:
            names = {one.process for one in await all_heartbeats(conn)}
        return {"worker:1", "worker:2"} <= names

    with worker(own[1]), worker(own[2]), beat(own[1]):
        await until(all_planned)
        await until(both_beat)
    for number in own:
        told = (tmp_path / f"worker{number}.log").read_text()
        planned = {site_id for site_id in sites if f'"site_id":"{site_id}"' in told}
        assert planned == {one for one in sites if worker_of(one, 2) == number} != set()


async def test_a_worker_killed_and_started_again_goes_on(
    world: World, engine: AsyncEngine, environment: dict[str, str]
) -> None:
    await world.has_site(yard())
    with beat(environment):

        async def beyond(known: int) -> bool:
            return await version(engine) > known

        with worker(environment) as first:
            await until(lambda: beyond(0))
            os.killpg(first.pid, signal.SIGKILL)
        known = await version(engine)
        await world.plugs_in("yard-02", token="token-2", at=wall_now())
        with worker(environment):
            await until(lambda: beyond(known))


async def test_a_planner_that_hangs_costs_one_process_and_no_plan(
    world: World, engine: AsyncEngine, bus: Bus, environment: dict[str, str], tmp_path: Path
) -> None:
    """The process that hangs makes a plan by rule, and ends; one in its place plans again."""
    await world.has_site(yard())
    await world.plugs_in("yard-01", token="token-1", at=wall_now())
    (tmp_path / "hangs").touch()
    own = environment | {"V2GHUB_PLAN_TIME_LIMIT_S": "1"}

    async def status() -> PlanStatus | None:
        await bus.publish(EVENTS, "1")
        async with engine.connect() as conn:
            stored = await plans.newest(conn, "yard")
        return stored.plan.status if stored else None

    async def by_rule() -> bool:
        return await status() is PlanStatus.FALLBACK

    async def solved() -> bool:
        return await status() is PlanStatus.OPTIMAL

    with worker(own, "tests.integration.scheduler.hanging"):
        await until(by_rule)
        hung = int((tmp_path / "hanging").read_text())

        async def ended() -> bool:
            try:
                os.kill(hung, 0)
            except ProcessLookupError:
                return True
            return False

        await until(ended)
        (tmp_path / "hangs").unlink()
        await world.plugs_in("yard-02", token="token-2", at=wall_now())
        await until(solved)


async def test_a_broker_killed_and_restarted_empty_only_delays(
    world: World, engine: AsyncEngine, environment: dict[str, str], tmp_path: Path
) -> None:
    await world.has_site(yard())

    async def beyond(known: int) -> bool:
        return await version(engine) > known

    with ExitStack() as brokers, ExitStack() as processes:
        broker = EmbeddedValkey(tmp_path / "valkey")
        pid = await asyncio.to_thread(brokers.enter_context, running(broker))
        own = environment | {"V2GHUB_REDIS_URL": broker.url}
        processes.enter_context(beat(own))
        process = processes.enter_context(worker(own))
        await until(lambda: beyond(0))
        os.kill(pid, signal.SIGKILL)
        await world.plugs_in("yard-03", token="token-3", at=wall_now())
        known = await version(engine)
        shutil.rmtree(tmp_path / "valkey")
        await asyncio.to_thread(brokers.enter_context, running(broker))
        if not await still_runs(process):  # the supervisor would: a lost broker can end a worker
            processes.enter_context(worker(own))
        await until(lambda: beyond(known))


async def still_runs(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has outlived the loss so far, given some seconds to end."""
    for _ in range(30):
        if process.poll() is not None:
            return False
        await asyncio.sleep(0.1)
    return True
