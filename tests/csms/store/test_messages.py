"""The message log: no secrets, bounded, pruned, and never in anybody's way."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Text, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId
from csms.store import messages, tables
from csms.store.direct import Direct
from csms.store.messages import Message, MessageLog, loggable

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def message(number: int, payload: bytes = b'{"a":1}', station: str = "cs-log") -> Message:
    told = (NOON, "in", "call", "Heartbeat", str(number), payload)
    return Message(ChargingStationId(station), *told)


@pytest.mark.parametrize(
    "payload",
    [
        {"setVariableData": [{"attributeValue": "s3cret", "component": {"name": "SecurityCtrlr"},
                              "variable": {"name": "BasicAuthPassword"}}]},
        {"getVariableResult": [{"attributeValue": "s3cret",
                                "variable": {"name": "AuthorizationKey"}}]},
        {"reportData": [{"variable": {"name": "BasicAuthPassword"},
                         "variableAttribute": [{"value": "s3cret"}]}]},
        {"configurationKey": [{"key": "AuthorizationKey", "value": "s3cret"}]},
        {"connectionData": {"apn": {"apnPassword": "s3cret"}}},
        {"connectionData": {"apn": {"simPin": "s3cret"}}},
        {"connectionData": {"vpn": {"user": "u", "key": "s3cret"}}},
        {"connectionData": {"basicAuthPassword": "s3cret"}},
        {"setVariableData": [{"attributeValue": "s3cret", "variable": {"name": "VpnKey"}}]},
        {"setVariableData": [{"attributeValue": "s3cret", "variable": {"name": "SimPin"}}]},
        {"log": {"remoteLocation": "https://hub.example/api/v1/uploads/s3cret"}},
        {"log": {"remoteLocation": "https://log:s3cret@hub.example/api/v1/logs/1/file"}},
        {"location": "ftp://user:s3cret@example.org/firmware.bin"},
    ],
)  # fmt: skip
def test_secrets_are_left_out(payload: dict[str, object]) -> None:
    told = loggable(json.dumps(payload).encode())

    assert "s3cret" not in told
    assert messages.REDACTED in told


def test_what_is_no_secret_stays() -> None:
    payload = {"variable": {"name": "Interval"}, "attributeValue": "60", "passwordless": 1}

    assert json.loads(loggable(json.dumps(payload).encode()))["attributeValue"] == "60"


def test_of_a_location_the_place_stays() -> None:
    told = {"remoteLocation": "https://log:s3cret@hub.example/api/v1/logs/7/file"}

    assert messages.redacted(told) == {
        "remoteLocation": f"https://{messages.REDACTED}@hub.example/api/v1/logs/7/file"
    }
    key = {"key": "HeartbeatInterval", "value": "60"}
    assert messages.redacted({"configurationKey": [key]}) == {"configurationKey": [key]}


def test_a_huge_payload_is_only_described() -> None:
    assert loggable(b'"' + b"x" * 100_000 + b'"') == '{"omitted_bytes": 100002}'


@pytest.mark.integration
async def test_a_chatterer_is_logged_in_part_and_its_errors_always(direct: Direct) -> None:
    log = MessageLog(direct)
    for number in range(1_000):
        log.record(message(number))
    error = Message(ChargingStationId("cs-log"), NOON, "out", "error", "", "e", b"{}")
    log.record(error)

    assert log.withheld == pytest.approx(1_000 - messages.FRAMES_AT_ONCE, abs=50)
    assert len(log._waiting) == 1_001 - log.withheld
    assert log._waiting[-1] == error


@pytest.mark.integration
async def test_a_message_is_logged_as_told(engine: AsyncEngine, direct: Direct) -> None:
    log = MessageLog(direct)
    told = '{"vendor":"Müller","a":[1.50,"\\t\\"\\\\N"]}'.encode()
    log.record(Message(ChargingStationId("cs-told"), NOON, "out", "result", "", "m-1", told))
    await log.flush()

    kept = tables.ocpp_message.c
    columns = (kept.at, kept.direction, kept.kind, kept.action, kept.message_id)
    stored = select(*columns, kept.payload.cast(Text)).where(kept.station_id == "cs-told")
    async with engine.connect() as conn:
        row = (await conn.execute(stored)).one()
    assert row == (NOON, "out", "result", "", "m-1", told.decode())


@pytest.mark.integration
async def test_the_newest_of_each_station_are_kept(
    engine: AsyncEngine, direct: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "KEPT_PER_STATION", 10)
    monkeypatch.setattr(messages, "PRUNE_EVERY", 20)
    monkeypatch.setattr(messages, "STATIONS_AT_ONCE", 1)
    log = MessageLog(direct)

    async def told(first: int, last: int, *stations: str) -> None:
        for number in range(first, last):
            for station in stations:
                log.record(message(number, station=station))
        await log.flush()
        await log.prune()

    async def kept(station: str) -> list[int]:
        row = tables.ocpp_message.c
        query = select(row.message_id).where(row.station_id == station)
        async with engine.connect() as conn:
            ids = await conn.scalars(query.order_by(row.message_row_id))
            return [int(one) for one in ids]

    await told(0, 25, "cs-often", "cs-other")
    await told(25, 40, "cs-often", "cs-seldom")
    assert await kept("cs-other") == list(range(15, 25))
    assert await kept("cs-often") == list(range(15, 40))  # it is not its turn again
    assert await kept("cs-seldom") == list(range(25, 40))
    await told(40, 45, "cs-often")
    assert await kept("cs-often") == list(range(35, 45))


@pytest.mark.integration
async def test_without_room_the_oldest_give_way_and_are_counted(
    direct: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "WAITING_LIMIT", 100)
    log = MessageLog(direct)
    for number in range(130):
        log.record(message(number))

    assert log.dropped == 30


@pytest.mark.integration
async def test_a_database_that_is_away_costs_only_the_log() -> None:
    async with Direct("postgresql://u@127.0.0.1:1/d") as direct:
        log = MessageLog(direct)
        log.record(message(1))
        with pytest.raises(StoreUnavailable):
            await log.flush()

        assert log.dropped == 1


@pytest.mark.integration
async def test_a_log_of_nothing_writes_nothing(engine: AsyncEngine, direct: Direct) -> None:
    async with engine.connect() as conn:
        count = select(func.count()).select_from(tables.ocpp_message)
        before = await conn.scalar(count)
        await MessageLog(direct).flush()
        assert await conn.scalar(count) == before


def test_n10_what_a_station_knows_of_a_customer_is_not_logged() -> None:
    told = {"requestId": 1, "data": "seen on Monday", "seqNo": 0}
    logged = json.loads(loggable(json.dumps(told).encode(), "NotifyCustomerInformation"))
    assert logged == {"requestId": 1, "data": "(secret)", "seqNo": 0}
    assert json.loads(loggable(json.dumps(told).encode(), "DataTransfer")) == told
