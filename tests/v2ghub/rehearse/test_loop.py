import asyncio
import os
import time
from uuid import UUID, uuid4

import pytest

from v2ghub.rehearse.loop import NothingLeftToDo, run, virtual
from v2ghub.rehearse.processes import Process, task_of_its_process

DAY_S = 86_400.0


def test_a_day_of_waiting_takes_no_time_and_timers_come_in_their_order() -> None:
    heard: list[tuple[str, float]] = []

    async def wait(name: str, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        heard.append((name, time.monotonic()))

    async def main() -> None:
        await asyncio.gather(wait("late", DAY_S), wait("early", 1.5))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await asyncio.Event().wait()

    before = time.monotonic
    with virtual(1) as loop:
        run(loop, main)
        assert loop.time() == DAY_S + 10
    assert heard == [("early", 1.5), ("late", DAY_S)]
    assert time.monotonic is before


def test_ids_are_the_seeds() -> None:
    def ids(seed: int) -> list[UUID]:
        with virtual(seed):
            return [uuid4() for _ in range(3)]

    assert ids(1) == ids(1) != ids(2)
    assert len(os.urandom(4)) == 4


def test_who_waits_for_ever_is_told_so() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with virtual(1) as loop:
        task = loop.create_task(main())
        with pytest.raises(NothingLeftToDo):
            loop.run_until_complete(task)
        task.cancel()


def test_a_killed_process_ends_with_all_that_its_tasks_began() -> None:
    said: list[str] = []

    async def child() -> None:
        try:
            await asyncio.sleep(5)
            said.append("the child lived")
        finally:
            said.append("the child ended")

    async def parent() -> None:
        _ = asyncio.get_running_loop().create_task(child())
        await asyncio.sleep(1)

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(task_of_its_process)
        process = Process("one")
        process.start(parent())
        await asyncio.sleep(2)
        await process.kill()
        await asyncio.sleep(10)

    with virtual(1) as loop:
        run(loop, main)
    assert said == ["the child ended"]
