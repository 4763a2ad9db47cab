"""Transactions of OCPP 1.6 (4.7, 4.8, 4.10): the same ledger, projection and events as in 2.x."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csms.domain.authorization import AuthorizationStatus, Token, TokenRef
from csms.domain.errors import StoreUnavailable
from csms.domain.events import TransactionChanged
from csms.domain.facts import ReadingsTaken, TransactionProjected
from csms.domain.ids import IdToken, TransactionId
from csms.domain.station import OcppVersion
from csms.domain.transaction import Transaction
from csms.handlers.ports import StationState
from csms.ocppj import codec16
from csms.store.memory import MemoryStore
from tests.csms.handlers.conftest import STATION, T0, Hub, iso

ACCEPTED = StationState(
    registration_status="Accepted", provisioned=True, floor_w=1_400.0, sample_interval_s=60
)


def fresh() -> Hub:
    good = Token(ref=TokenRef(IdToken("GOOD")), status=AuthorizationStatus.ACCEPTED)
    store = MemoryStore(tokens={good.ref.id_token: good}, states={STATION: ACCEPTED})
    return Hub(store, version=OcppVersion.V16, now=T0 + timedelta(minutes=5))


@pytest.fixture
def hub16() -> Hub:
    return fresh()


def start(at: datetime = T0, meter_start: int = 1_000, connector_id: int = 1) -> dict[str, Any]:
    return {
        "connectorId": connector_id,
        "idTag": "GOOD",
        "meterStart": meter_start,
        "timestamp": iso(at),
    }


def values(number: int, minute: int, import_wh: float) -> dict[str, Any]:
    sample = {"value": str(import_wh), "context": "Sample.Periodic"}
    value = {"timestamp": iso(T0 + timedelta(minutes=minute)), "sampledValue": [sample]}
    return {"connectorId": 1, "transactionId": number, "meterValue": [value]}


def stop(number: int, minute: int = 4, meter_stop: int = 4_000) -> dict[str, Any]:
    at = iso(T0 + timedelta(minutes=minute))
    return {"transactionId": number, "meterStop": meter_stop, "timestamp": at, "idTag": "GOOD"}


def projected(hub: Hub) -> TransactionProjected:
    found: TransactionProjected = hub.kept(TransactionProjected)[-1]
    return found


async def test_a_transaction_from_start_to_stop(hub16: Hub) -> None:
    answer = await hub16.tell("StartTransaction", start())
    number = answer["transactionId"]
    assert answer["idTagInfo"] == {"status": "Accepted"}
    assert await hub16.tell("MeterValues", values(number, 2, 2_500)) == {}
    assert await hub16.tell("StopTransaction", stop(number)) == {
        "idTagInfo": {"status": "Accepted"}
    }
    told = projected(hub16)
    assert (told.transaction_id, told.evse_id, told.id_token) == (str(number), 1, "GOOD")
    assert (told.imported_wh, told.started_at, told.event_count) == (3_000, T0, 3)
    assert (told.ended_at, told.stopped_reason) == (T0 + timedelta(minutes=4), "Local")
    assert told.flags == ()
    assert [type(event) for event in hub16.store.events] == [TransactionChanged] * 2
    assert [line.event_type for line in hub16.store.ledger] == ["Started", "Updated", "Ended"]
    assert json.loads(hub16.store.ledger[0].payload) == start()


async def test_a_start_repeated_after_a_lost_answer_gets_the_same_id(hub16: Hub) -> None:
    first = await hub16.tell("StartTransaction", start())
    hub16.later(60)
    assert await hub16.tell("StartTransaction", start()) == first
    assert len(hub16.store.ledger) == 1


async def test_another_start_gets_another_id(hub16: Hub) -> None:
    starts = [start(), start(connector_id=2), start(meter_start=1_001)]
    starts.append(start(at=T0 + timedelta(seconds=1)))
    numbers = [(await hub16.tell("StartTransaction", one))["transactionId"] for one in starts]
    assert len(set(numbers)) == 4


async def test_a_token_nobody_knows_is_invalid_but_its_start_is_kept(hub16: Hub) -> None:
    answer = await hub16.tell("StartTransaction", start() | {"idTag": "WHO"})
    assert answer["idTagInfo"]["status"] == "Invalid"
    assert projected(hub16).id_token == "WHO"


async def test_a_stop_without_its_start_is_kept_and_flagged(hub16: Hub) -> None:
    await hub16.tell("StopTransaction", stop(4711))
    told = projected(hub16)
    assert (told.transaction_id, told.flags) == ("4711", ("no_started",))


async def test_values_of_an_unknown_transaction_are_kept_and_flagged(hub16: Hub) -> None:
    await hub16.tell("MeterValues", values(4711, 1, 5))
    assert projected(hub16).flags == ("no_started",)
    (taken,) = hub16.kept(ReadingsTaken)
    assert taken.readings[0].import_wh == 5


async def test_a_stop_brings_the_energy_that_no_sample_told(hub16: Hub) -> None:
    number = (await hub16.tell("StartTransaction", start()))["transactionId"]
    data = [
        {
            "timestamp": iso(T0 + timedelta(minutes=minute)),
            "sampledValue": [
                {"value": str(minute), "unit": "kWh", "measurand": "Energy.Active.Export.Register"}
            ],
        }
        for minute in (1, 2, 3)
    ]
    await hub16.tell("StopTransaction", stop(number) | {"transactionData": data})
    assert (projected(hub16).imported_wh, projected(hub16).exported_wh) == (3_000, 2_000)


async def test_late_messages_are_offline_and_not_a_wrong_clock(hub16: Hub) -> None:
    hub16.later(3_600)
    await hub16.tell("StartTransaction", start())
    (line,) = hub16.store.ledger
    assert (line.offline, line.flags) == (True, ())


async def test_a_clock_ahead_is_flagged(hub16: Hub) -> None:
    await hub16.tell("StartTransaction", start(at=T0 + timedelta(days=1)))
    assert hub16.store.ledger[0].flags == ("clock_off",)


async def test_energy_is_stored_from_a_station_that_never_booted(hub16: Hub) -> None:
    hub16.store.states.clear()
    assert "transactionId" in await hub16.tell("StartTransaction", start())
    assert await hub16.tell("MeterValues", values(1, 1, 2_000)) == {}
    refused = await hub16.tell("StatusNotification", {})
    assert refused.code == "OccurrenceConstraintViolation"


async def test_without_a_store_nothing_is_answered(hub16: Hub) -> None:
    hub16.store.broken = True
    with pytest.raises(StoreUnavailable):
        await hub16.tell("StartTransaction", start())


MESSAGES = [
    ("StartTransaction", start()),
    ("MeterValues", values(1, 1, 1_500)),
    ("MeterValues", values(1, 2, 2_400)),
    ("MeterValues", values(1, 2, 2_400) | {"connectorId": 1}),
    ("MeterValues", values(1, 3, 3_100)),
    ("StopTransaction", stop(1)),
]


async def told_in(order: list[int]) -> Transaction:
    """What the ledger holds after the messages in this order: its lines, read again."""
    hub = fresh()
    for index in order:
        await hub.tell(*MESSAGES[index])
    transaction = await hub.store.get(STATION, TransactionId("1"))
    assert transaction is not None
    again = Transaction(station_id=STATION, transaction_id=TransactionId("1"))
    for line in hub.store.ledger:
        event = codec16.transaction_event(line.payload)
        again = again.apply(codec16.replace(event, transaction_id=line.transaction_id, at=line.at))
    assert again == transaction
    return transaction


@settings(max_examples=60)
@given(st.permutations(range(len(MESSAGES))), st.lists(st.integers(0, len(MESSAGES) - 1)))
def test_order_and_repetition_change_no_energy(order: list[int], repeated: list[int]) -> None:
    told = asyncio.run(told_in([*order, *repeated]))
    assert told == asyncio.run(told_in(list(range(len(MESSAGES)))))
    assert (told.imported_wh, told.flags) == (3_000, ())
    assert told.ended_at == T0 + timedelta(minutes=4)
