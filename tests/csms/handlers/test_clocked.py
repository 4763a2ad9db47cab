"""G02: a station whose clock is off is noticed once, and asked to fetch the time from us."""

from datetime import timedelta
from typing import Any

import pytest

from csms.domain.commands import CommandKind
from csms.domain.errors import StoreUnavailable
from csms.domain.facts import Noticed
from csms.domain.facts_clock import ClockMeasured
from csms.domain.station import OcppVersion
from csms.handlers.routing import TIMED
from csms.ocppj.codecs import CODECS
from tests.csms.handlers.conftest import Hub, iso

VERSIONS = list(OcppVersion)


def status(hub: Hub, ahead_s: float) -> dict[str, Any]:
    at = iso(hub.now + timedelta(seconds=ahead_s))
    if hub.version is OcppVersion.V16:
        said = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        return said | {"timestamp": at}
    return {"timestamp": at, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}


def values(hub: Hub, ahead_s: float) -> dict[str, Any]:
    at = iso(hub.now + timedelta(seconds=ahead_s))
    sample = {"value": "5" if hub.version is OcppVersion.V16 else 5.0}
    where = "connectorId" if hub.version is OcppVersion.V16 else "evseId"
    return {where: 1, "meterValue": [{"timestamp": at, "sampledValue": [sample]}]}


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_clock_ahead_is_noticed_once_and_again_when_it_is_right(
    hub: Hub, version: OcppVersion
) -> None:
    hub.version = version
    for ahead_s in (0, 120, 150, 130):
        hub.later(10)
        await hub.tell("StatusNotification", status(hub, ahead_s))
    assert [fact.off_s for fact in hub.kept(ClockMeasured)] == [120.0]
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.severity) == ("StationClockOff", "warning")
    (command,) = hub.store.commands
    assert command.kind is CommandKind.TRIGGER_MESSAGE
    assert command.payload == {"requestedMessage": "Heartbeat"}

    await hub.tell("StatusNotification", status(hub, 0))
    assert [fact.off_s for fact in hub.kept(ClockMeasured)] == [120.0, None]
    assert len(hub.store.commands) == len(hub.kept(Noticed)) == 1


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_clock_behind_shows_when_all_comes_late_for_a_while(
    hub: Hub, version: OcppVersion
) -> None:
    hub.version = version
    for _ in range(4):
        await hub.tell("MeterValues", values(hub, -3_600))
        hub.later(100)
    assert [fact.off_s for fact in hub.kept(ClockMeasured)] == [-3_600.0]


async def test_what_could_not_be_stored_is_noticed_with_the_next_message(hub: Hub) -> None:
    hub.store.broken = True
    with pytest.raises(StoreUnavailable):
        await hub.tell("StatusNotification", status(hub, 500))
    hub.store.broken = False
    await hub.tell("StatusNotification", status(hub, 500))
    assert len(hub.kept(ClockMeasured)) == 1


def test_every_timed_message_is_known_to_a_codec() -> None:
    known = {action for codec in CODECS.values() for action in codec.ACTIONS}
    assert known >= TIMED
