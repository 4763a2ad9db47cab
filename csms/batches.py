"""Many who ask at once are answered by one statement: a thousand stations that come back together
then cost a few statements, not thousands."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

Question = TypeVar("Question")
Reply = TypeVar("Reply")

AT_ONCE: Final = 500
GATHER_S: Final = 0.005


class Batches(Generic[Question, Reply]):
    """A batch gathers for a moment, and while the one before is being answered.

    `answer_all` gets questions in the order in which they were asked, and gives as many replies;
    what it raises, each asker gets.
    """

    def __init__(
        self, answer_all: Callable[[Sequence[Question]], Awaitable[Sequence[Reply]]]
    ) -> None:
        self._answer_all = answer_all
        self._waiting: deque[tuple[Question, asyncio.Future[Reply]]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Reply:
        """The reply, in good company."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, reply))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await reply

    async def _work(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(GATHER_S)
                some = min(AT_ONCE, len(self._waiting))
                await self._answer([self._waiting.popleft() for _ in range(some)])
        finally:
            self._working = None

    async def _answer(self, batch: list[tuple[Question, "asyncio.Future[Reply]"]]) -> None:
        try:
            replies = await self._answer_all([question for question, _ in batch])
        except Exception as error:  # noqa: BLE001 - the edge of this task: told to each asker
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for (_, waiting), reply in zip(batch, replies, strict=True):
            if not waiting.done():
                waiting.set_result(reply)
