"""Block O: display messages."""

from typing import Any

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from csms.store.commands import StoredCommand
from tests.conformance.conftest import Bench
from tests.conformance.people import Session, token
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration
LATER = "2030-01-01T08:00:00Z"
HELLO: Payload = {"priority": "NormalCycle", "message": {"format": "UTF8", "content": "Hello"}}


async def show(
    bench: Bench, station: ScriptedStation, answer: str = "Accepted", **more: Any
) -> tuple[Payload, StoredCommand]:
    """SetDisplayMessage: the message that the station heard, and the command's end."""
    wanted = {**HELLO, **more}
    asked = await bench.command(station, "SetDisplayMessage", {"message": wanted})
    heard = (await station.expect("SetDisplayMessage", {"status": answer}))["message"]
    assert heard == {**wanted, "id": heard["id"]}
    return heard, await bench.outcome(asked)


async def shown(bench: Bench, station: ScriptedStation) -> dict[int, dict[str, Any]]:
    """What the station shows, by our books."""
    rows = await bench.hub.rows(tables.display_message, station.station_id)
    return {row["message_id"]: row for row in rows if row["removed_at"] is None}


async def running(bench: Bench, station: ScriptedStation) -> str:
    session = Session(station)
    await session.tell("Started", "Authorized", id_token=await token(bench))
    return session.transaction_id


async def report(
    bench: Bench, station: ScriptedStation, filters: Payload, found: list[Payload]
) -> None:
    """GetDisplayMessages by `filters`, answered with the messages `found`."""
    asked = await bench.command(station, "GetDisplayMessages", filters)
    heard = await station.expect("GetDisplayMessages", {"status": "Accepted"})
    assert heard == {**filters, "requestId": heard["requestId"]}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    for number, message in enumerate(found, 1):
        part = {"requestId": heard["requestId"], "messageInfo": [message]}
        more = {"tbc": True} if number < len(found) else {}
        assert await station.call("NotifyDisplayMessages", part | more) == {}


async def test_tc_o_01_csms_a_message(bench: Bench) -> None:
    station = await bench.station()
    heard, outcome = await show(bench, station, state="Idle")
    assert outcome.status is CommandStatus.CONFIRMED
    row = (await shown(bench, station))[heard["id"]]
    assert (row["priority"], row["state"], row["message"]) == ("NormalCycle", "Idle", heard)


async def test_tc_o_02_csms_all_messages(bench: Bench) -> None:
    station = await bench.station()
    gone, _ = await show(bench, station)
    found = [{**HELLO, "id": 2}, {**HELLO, "id": 3, "state": "Charging"}]
    await report(bench, station, {}, found)
    assert set(await shown(bench, station)) == {2, 3}
    assert gone["id"] not in {2, 3}


async def test_tc_o_03_csms_no_message_there(bench: Bench) -> None:
    station = await bench.station()
    asked = await bench.command(station, "GetDisplayMessages", {})
    heard = await station.expect("GetDisplayMessages", {"status": "Unknown"})
    assert heard.keys() == {"requestId"}
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.CONFIRMED, "no_such_message")
    assert await shown(bench, station) == {}


async def test_tc_o_04_csms_clear_a_message(bench: Bench) -> None:
    station = await bench.station()
    heard, _ = await show(bench, station)
    asked = await bench.command(station, "ClearDisplayMessage", {"id": heard["id"]})
    cleared = await station.expect("ClearDisplayMessage", {"status": "Accepted"})
    assert cleared == {"id": heard["id"]}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    assert await shown(bench, station) == {}


async def test_tc_o_05_csms_clear_an_unknown_message(bench: Bench) -> None:
    station = await bench.station()
    heard, _ = await show(bench, station)
    asked = await bench.command(station, "ClearDisplayMessage", {"id": heard["id"]})
    await station.expect("ClearDisplayMessage", {"status": "Unknown"})
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Unknown")
    assert await shown(bench, station) == {}  # what it does not know it does not show


async def test_tc_o_06_csms_a_message_for_a_transaction(bench: Bench) -> None:
    station = await bench.station()
    transaction_id = await running(bench, station)
    heard, _ = await show(bench, station, transactionId=transaction_id)
    row = (await shown(bench, station))[heard["id"]]
    assert row["transaction_id"] == transaction_id


async def test_tc_o_07_csms_a_message_by_id(bench: Bench) -> None:
    station = await bench.station()
    other, _ = await show(bench, station)
    await report(bench, station, {"id": [9]}, [{**HELLO, "id": 9}])
    assert set(await shown(bench, station)) == {9, other["id"]}  # nobody asked for the other


async def test_tc_o_08_csms_messages_by_priority(bench: Bench) -> None:
    station = await bench.station()
    front = {**HELLO, "id": 4, "priority": "AlwaysFront"}
    await report(bench, station, {"priority": "AlwaysFront"}, [front])
    assert (await shown(bench, station))[4]["priority"] == "AlwaysFront"


async def test_tc_o_09_csms_messages_by_state(bench: Bench) -> None:
    station = await bench.station()
    faulted = {**HELLO, "id": 5, "state": "Faulted"}
    await report(bench, station, {"state": "Faulted"}, [faulted])
    assert (await shown(bench, station))[5]["state"] == "Faulted"


async def test_tc_o_10_csms_a_message_for_an_unknown_transaction(bench: Bench) -> None:
    await _refused(bench, "UnknownTransaction", transactionId="unheard-of")


async def test_tc_o_12_csms_the_same_id_replaces(bench: Bench) -> None:
    station = await bench.station()
    first, _ = await show(bench, station)
    words = {"format": "UTF8", "content": "Good evening"}
    heard, _ = await show(bench, station, id=first["id"], message=words, priority="InFront")
    assert heard["id"] == first["id"]
    (row,) = (await shown(bench, station)).values()
    assert (row["priority"], row["message"]["message"]) == ("InFront", words)


async def test_tc_o_13_csms_a_message_from_a_time_on(bench: Bench) -> None:
    station = await bench.station()
    heard, _ = await show(bench, station, startDateTime=LATER)
    assert (await shown(bench, station))[heard["id"]]["starts_at"].year == 2030


async def test_tc_o_14_csms_a_message_until_a_time(bench: Bench) -> None:
    station = await bench.station()
    heard, _ = await show(bench, station, endDateTime=LATER)
    assert (await shown(bench, station))[heard["id"]]["ends_at"].year == 2030


async def _refused(bench: Bench, answer: str, **more: Any) -> None:
    """The station's refusal is the command's, and nothing is shown."""
    station = await bench.station()
    _, outcome = await show(bench, station, answer, **more)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, answer)
    assert await shown(bench, station) == {}


async def test_tc_o_17_csms_a_priority_that_is_not_supported(bench: Bench) -> None:
    await _refused(bench, "NotSupportedPriority", priority="AlwaysFront")


async def test_tc_o_18_csms_a_state_that_is_not_supported(bench: Bench) -> None:
    await _refused(bench, "NotSupportedState", state="Faulted")


async def test_tc_o_19_csms_a_format_that_is_not_supported(bench: Bench) -> None:
    page = {"format": "URI", "content": "https://example.org"}
    await _refused(bench, "NotSupportedMessageFormat", message=page)


async def test_tc_o_26_csms_a_message_that_is_rejected(bench: Bench) -> None:
    await _refused(bench, "Rejected")


async def test_tc_o_27_csms_for_a_transaction_from_a_time_on(bench: Bench) -> None:
    station = await bench.station()
    transaction_id = await running(bench, station)
    heard, _ = await show(bench, station, transactionId=transaction_id, startDateTime=LATER)
    row = (await shown(bench, station))[heard["id"]]
    assert (row["transaction_id"], row["starts_at"].year) == (transaction_id, 2030)


async def test_tc_o_28_csms_for_a_transaction_until_a_time(bench: Bench) -> None:
    station = await bench.station()
    transaction_id = await running(bench, station)
    heard, _ = await show(bench, station, transactionId=transaction_id, endDateTime=LATER)
    row = (await shown(bench, station))[heard["id"]]
    assert (row["transaction_id"], row["ends_at"].year) == (transaction_id, 2030)


async def test_what_a_display_says_it_cannot_show_is_not_sent(bench: Bench) -> None:
    station = await bench.station()
    await station.call(
        "NotifyReport",
        {
            "requestId": 1,
            "generatedAt": "2026-03-01T08:00:00Z",
            "seqNo": 0,
            "reportData": [
                {
                    "component": {"name": "DisplayMessageCtrlr"},
                    "variable": {"name": "SupportedPriorities"},
                    "variableAttribute": [{"value": "NormalCycle,InFront"}],
                }
            ],
        },
    )
    front = {**HELLO, "priority": "AlwaysFront"}
    asked = await bench.command(station, "SetDisplayMessage", {"message": front})
    assert (await bench.outcome(asked)).reason == "display_has_no: Priorities AlwaysFront"
    assert "SetDisplayMessage" not in [action for action, _ in station.heard]
