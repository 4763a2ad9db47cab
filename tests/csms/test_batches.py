"""Many askers, few answers: order, company, and errors that reach everybody."""

import asyncio
from collections.abc import Sequence

import pytest

from csms.batches import AT_ONCE, Batches


async def test_who_asks_together_is_answered_together_and_in_order() -> None:
    batches: list[Sequence[int]] = []

    async def squares(numbers: Sequence[int]) -> list[int]:
        batches.append(numbers)
        await asyncio.sleep(0)
        return [number * number for number in numbers]

    company = Batches(squares)
    replies = await asyncio.gather(*(company.ask(number) for number in range(AT_ONCE + 10)))

    assert replies == [number * number for number in range(AT_ONCE + 10)]
    assert [len(batch) for batch in batches] == [AT_ONCE, 10]
    assert await company.ask(3) == 9


async def test_an_error_is_told_to_each_asker_of_its_batch_and_to_nobody_else() -> None:
    async def picky(numbers: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        if 13 in numbers:
            raise ValueError("13")
        return list(numbers)

    company = Batches(picky)
    told = await asyncio.gather(company.ask(1), company.ask(13), return_exceptions=True)
    assert [str(one) for one in told] == ["13", "13"]
    assert await company.ask(2) == 2


async def test_who_does_not_wait_any_more_spoils_nothing() -> None:
    async def same(numbers: Sequence[int]) -> list[int]:
        await asyncio.sleep(0.01)
        return list(numbers)

    company = Batches(same)
    gone, stays = asyncio.create_task(company.ask(1)), asyncio.create_task(company.ask(2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 2
    with pytest.raises(asyncio.CancelledError):
        await gone
