"""G01."""

from datetime import timedelta

from csms.domain.facts import ConnectorStatusChanged


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
