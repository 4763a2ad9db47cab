"""I02, I03: what a transaction costs, while it runs and at its end."""

import json
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from csms.domain.facts import Fact, TransactionEventStored
from csms.domain.facts_cost import CostKnown
from csms.domain.tariff import Price, Tariff, TariffInForce
from csms.handlers.routing import answer, routes
from csms.store.memory import MemoryStore
from tests.csms.handlers.conftest import STATION, T0, iso, ports


def event(number, kind="Updated", import_wh=None, at_s=0, **more):
    at = T0.timestamp() + at_s
    stamp = iso(T0.fromtimestamp(at, T0.tzinfo))
    told = {
        "eventType": kind,
        "timestamp": stamp,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": number,
        "transactionInfo": {"transactionId": "tx1"},
        "evse": {"id": 1},
    } | more
    if import_wh is not None:
        sample = {"value": import_wh}
        told["meterValue"] = [{"timestamp": stamp, "sampledValue": [sample]}]
    return told


@pytest.fixture
def priced(hub):
    tariff = Tariff(
        tariff_id="t", currency="GBP", energy=(Price(price=Decimal("0.5")),), running_cost_s=60
    )
    hub.store.tariffs.everybody = TariffInForce(tariff=tariff)
    return hub


async def test_i03_fr02_the_total_is_in_the_answer_and_kept(priced):
    await priced.tell("TransactionEvent", event(0, "Started", 0))
    told = await priced.tell("TransactionEvent", event(1, "Ended", 4_000, 3_600))
    assert told == {"totalCost": 2.0}
    known = priced.kept(CostKnown)[-1]
    assert (known.final, known.cost.total_with_tax) == (True, Decimal("2.00"))


async def test_a_repeat_hears_the_same_total_and_changes_nothing(priced):
    await priced.tell("TransactionEvent", event(0, "Started", 0))
    ended = event(1, "Ended", 4_000, 3_600)
    first = await priced.tell("TransactionEvent", ended)
    kept = len(priced.store.facts)
    assert await priced.tell("TransactionEvent", ended) == first
    assert len(priced.store.facts) == kept


async def test_a_late_event_corrects_the_total(priced):
    await priced.tell("TransactionEvent", event(0, "Started", 0))
    await priced.tell("TransactionEvent", event(2, "Ended", None, 3_600))
    assert priced.kept(CostKnown)[-1].cost.total == 0
    late = event(1, "Updated", 4_000, 3_000, offline=True)
    assert await priced.tell("TransactionEvent", late) == {"totalCost": 2.0}
    assert priced.kept(CostKnown)[-1].event_count == 3


async def test_i02_fr01_the_running_cost_once_an_interval(priced):
    priced.later(90)
    await priced.tell("TransactionEvent", event(0, "Started", 0))
    for number, at_s in enumerate((20, 40, 61, 90), 1):
        assert await priced.tell("TransactionEvent", event(number, "Updated", at_s, at_s)) == {}
    (told,) = priced.store.commands
    assert (told.kind, told.payload["transactionId"]) == ("CostUpdated", "tx1")
    assert told.payload["totalCost"] == 0.03


async def test_what_was_kept_while_offline_is_not_told_as_running(priced):
    await priced.tell("TransactionEvent", event(0, "Started", 0))
    await priced.tell("TransactionEvent", event(1, "Updated", 500, 600, offline=True))
    assert priced.store.commands == []


async def test_without_a_tariff_nothing_is_said_of_money(hub):
    await hub.tell("TransactionEvent", event(0, "Started", 0))
    assert await hub.tell("TransactionEvent", event(1, "Ended", 4_000, 3_600)) == {}
    assert hub.kept(CostKnown) == []


async def test_the_cost_is_stored_with_its_event_or_not_at_all(priced):
    """A store that fails in between leaves neither, so the station's repetition makes both."""
    priced.later(3_600)
    await priced.tell("TransactionEvent", event(0, "Started", 0))
    commits = []
    store = priced.store
    table = routes(replace(ports(store), journal=Committed(store, commits)))
    ended = json.dumps(event(1, "Ended", 4_000, 3_600)).encode()
    await answer(priced.version, "TransactionEvent", ended, STATION, priced.now, table, priced.v21)
    (facts,) = commits
    assert {TransactionEventStored, CostKnown} <= {type(fact) for fact in facts}


@dataclass
class Committed:
    """A journal that tells what was committed together."""

    store: MemoryStore
    commits: list[list[Fact]]

    async def commit(self, facts):
        self.commits.append(list(facts))
        await self.store.commit(facts)
