"""G01."""

from datetime import timedelta

import pytest

from csms.domain.facts import ConnectorStatusChanged, Noticed, TransactionProjected
from csms.domain.station import OcppVersion
from tests.csms.handlers.conftest import Hub, iso


def status(at, connector_status="Occupied"):
    return {
        "timestamp": at.isoformat(),
        "connectorStatus": connector_status,
        "evseId": 1,
        "connectorId": 2,
    }


async def test_g01_a_status_is_kept_with_its_own_time(hub):
    then = hub.now - timedelta(seconds=30)
    assert await hub.tell("StatusNotification", status(then)) == {}
    (fact,) = hub.kept(ConnectorStatusChanged)
    assert (fact.evse_id, fact.connector_id, fact.status, fact.at) == (1, 2, "Occupied", then)


async def test_a_clock_ahead_does_not_freeze_the_status(hub):
    await hub.tell("StatusNotification", status(hub.now + timedelta(days=400)))
    assert hub.kept(ConnectorStatusChanged)[0].at == hub.now


@pytest.fixture
def hub16(hub: Hub) -> Hub:
    hub.version = OcppVersion.V16
    return hub


def status16(said: str, error: str = "NoError", connector_id: int = 1) -> dict[str, object]:
    return {"connectorId": connector_id, "errorCode": error, "status": said}


async def test_a_status_of_1_6_without_a_time_is_of_now(hub16):
    assert await hub16.tell("StatusNotification", status16("SuspendedEV")) == {}
    (fact,) = hub16.kept(ConnectorStatusChanged)
    assert (fact.evse_id, fact.connector_id, fact.status) == (1, 1, "Occupied")
    assert fact.at == hub16.now


async def test_a_fault_of_1_6_is_a_notice(hub16):
    await hub16.tell("StatusNotification", status16("Faulted", "GroundFailure"))
    (notice,) = hub16.kept(Noticed)
    assert (notice.kind, notice.severity) == ("StatusNotification", "warning")
    assert notice.payload["errorCode"] == "GroundFailure"


async def test_a_status_of_1_6_tells_the_charging_state_of_the_transaction_there(hub16):
    start = {"connectorId": 1, "idTag": "GOOD", "meterStart": 0, "timestamp": iso(hub16.now)}
    await hub16.tell("StatusNotification", status16("Preparing"))
    await hub16.tell("StartTransaction", start)
    for said in ("Charging", "Charging", "SuspendedEV"):
        hub16.later(30)
        await hub16.tell("StatusNotification", status16(said))
    await hub16.tell("StatusNotification", status16("Charging", connector_id=2))
    assert hub16.kept(TransactionProjected)[-1].charging_state == "SuspendedEV"
    assert [line.trigger_reason for line in hub16.store.ledger] == [
        "Authorized",
        "ChargingStateChanged",
        "ChargingStateChanged",
    ]


async def test_a_late_status_of_1_6_is_compared_with_what_was_told_before_its_time(hub16):
    began = hub16.now
    start = {"connectorId": 1, "idTag": "GOOD", "meterStart": 0, "timestamp": iso(began)}
    await hub16.tell("StartTransaction", start)
    hub16.later(300)
    for said, minute in (("SuspendedEV", 1), ("Charging", 3), ("Charging", 2), ("SuspendedEV", 1)):
        at = iso(began + timedelta(minutes=minute))
        await hub16.tell("StatusNotification", status16(said) | {"timestamp": at})
    told = [(line.at - began).seconds // 60 for line in hub16.store.ledger]
    assert told == [0, 1, 3, 2]
    assert hub16.kept(TransactionProjected)[-1].charging_state == "Charging"


async def test_a_late_status_of_1_6_of_the_transaction_before_is_not_of_the_one_now_open(hub16):
    before = iso(hub16.now - timedelta(minutes=1))
    start = {"connectorId": 1, "idTag": "GOOD", "meterStart": 0, "timestamp": iso(hub16.now)}
    await hub16.tell("StartTransaction", start)
    await hub16.tell("StatusNotification", status16("SuspendedEV") | {"timestamp": before})
    assert [line.event_type for line in hub16.store.ledger] == ["Started"]
    assert hub16.kept(TransactionProjected)[-1].charging_state is None


@pytest.mark.parametrize("another", [False, True], ids=["none since", "another one since"])
async def test_a_late_status_of_1_6_is_written_to_the_transaction_that_ran_then(hub16, another):
    began = hub16.now

    def minute(number):
        return iso(began + timedelta(minutes=number))

    start = {"connectorId": 1, "idTag": "GOOD", "meterStart": 0, "timestamp": minute(0)}
    first = (await hub16.tell("StartTransaction", start))["transactionId"]
    hub16.later(1200)
    stop = {"transactionId": first, "meterStop": 900, "timestamp": minute(10)}
    await hub16.tell("StopTransaction", stop)
    if another:
        await hub16.tell("StartTransaction", start | {"timestamp": minute(15)})
    seen = len(hub16.store.ledger)
    # as it ended, between the two, and at another connector: of no transaction
    for said, late, connector in (("Finishing", 10, 1), ("Preparing", 12, 1), ("Charging", 5, 2)):
        told = status16(said, connector_id=connector) | {"timestamp": minute(late)}
        await hub16.tell("StatusNotification", told)
    assert len(hub16.store.ledger) == seen
    for _ in range(2):
        told = status16("SuspendedEV") | {"timestamp": minute(5)}
        await hub16.tell("StatusNotification", told)
    (line,) = hub16.store.ledger[seen:]
    assert (line.transaction_id, line.at) == (str(first), began + timedelta(minutes=5))
    projected = hub16.kept(TransactionProjected)[-1]
    assert (projected.transaction_id, projected.charging_state) == (str(first), "SuspendedEV")
    assert projected.ended_at == began + timedelta(minutes=10)
