"""The controller's desk: what it knows once it leads, whatever became of its first words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId, EvseId
from scheduler.services.desk import Desk
from scheduler.store.turns import Ordered
from tests.scheduler import second
from tests.scheduler.makers import NOON, a_site

PLACE = (ChargingStationId("cs-01"), EvseId(1))


class Page(second.Page):
    """Books that are away once: when they are asked for old orders, or when all is to be stored."""

    def __init__(self, fails: str) -> None:
        super().__init__(second.World(a_site(), 6_000.0))
        self.fails, self.ended = fails, list[datetime]()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["Page"]:
        ended = list(self.ended)
        try:
            yield self
            self._away("commit")
        except StoreUnavailable:
            self.ended = ended
            raise

    def _away(self, where: str) -> None:
        if self.fails == where:
            self.fails = ""
            raise StoreUnavailable(where)

    async def end_decisions(self, now: datetime) -> None:
        self.ended.append(now)

    async def orders_of_last_hour(self, now: datetime) -> tuple[Ordered, ...]:
        self._away("orders")
        return await super().orders_of_last_hour(now)


@pytest.mark.parametrize("fails", ["orders", "commit"])
async def test_an_outage_while_it_takes_over_does_not_open_the_gate(fails: str) -> None:
    page: Any = Page(fails)
    desk = Desk(page, page, page.world.site, "me", lease_ttl_s=10.0, slack_s=5.0)
    await desk.sync(NOON)
    assert (desk.away, page.ended) == (True, [])
    await desk.sync(NOON)
    assert desk.turns.past(PLACE, NOON).direction == 1
    await desk.sync(NOON)
    assert page.ended == [NOON], "once, for it leads"
