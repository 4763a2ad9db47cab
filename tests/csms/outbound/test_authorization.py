"""C11, D01, D02: caches and lists, against a station in memory."""

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.device_model import VariableKey

LIST = [
    {"idToken": {"idToken": name, "type": "Central"}, "idTokenInfo": {"status": "Accepted"}}
    for name in ("a", "b", "c")
]
ITEMS = VariableKey(component="LocalAuthListCtrlr", variable="ItemsPerMessage")


async def send(bench, **payload):
    bench.station.answers.setdefault("GetLocalListVersion", {"versionNumber": 0})
    return await bench.run(CommandKind.SEND_LOCAL_LIST, **payload)


async def test_d01_a_full_list_from_the_tokens(bench):
    bench.lists.entries = LIST
    assert (await send(bench)).status is CommandStatus.CONFIRMED
    (sent,) = bench.station.requests("SendLocalList")
    assert (sent["updateType"], sent["versionNumber"]) == ("Full", 1)
    assert len(sent["localAuthorizationList"]) == 3
    held = await bench.lists.held(bench.store.facts[-1].station_id)
    assert (held.version, len(held.entries)) == (1, 3)


async def test_d01_fr16_and_17_only_what_changed(bench):
    bench.lists.entries = LIST
    await send(bench)
    bench.lists.entries = [LIST[0], {**LIST[1], "idTokenInfo": {"status": "Blocked"}}]
    await send(bench, updateType="Differential")
    sent = bench.station.requests("SendLocalList")[-1]
    assert sent["updateType"] == "Differential"
    assert sent["localAuthorizationList"] == [
        bench.lists.entries[1],
        {"idToken": {"idToken": "c", "type": "Central"}},
    ]


async def test_nothing_changed_nothing_sent(bench):
    bench.lists.entries = LIST
    await send(bench)
    outcome = await send(bench, updateType="Differential")
    assert (outcome.status, outcome.reason) == (CommandStatus.CONFIRMED, "up_to_date")
    assert len(bench.station.requests("SendLocalList")) == 1


async def test_a_list_that_we_do_not_know_is_replaced(bench):
    bench.station.answers["GetLocalListVersion"] = {"versionNumber": 12}
    bench.lists.entries = LIST
    await send(bench, updateType="Differential")
    (sent,) = bench.station.requests("SendLocalList")
    assert (sent["updateType"], sent["versionNumber"]) == ("Full", 13)


async def test_d01_fr06_no_token_twice(bench):
    outcome = await send(bench, localAuthorizationList=[LIST[0], LIST[0]])
    assert outcome.reason == "token_twice"
    assert bench.station.requests("SendLocalList") == []


async def test_a_refused_list_is_not_held(bench):
    bench.lists.entries = LIST
    bench.station.answers["SendLocalList"] = {"status": "Failed"}
    outcome = await send(bench)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Failed")
    held = await bench.lists.held(bench.store.facts[-1].station_id)
    assert (held.version, held.entries) == (0, {})


async def test_c11_a_cache_is_cleared(bench):
    assert (await bench.run(CommandKind.CLEAR_CACHE)).status is CommandStatus.CONFIRMED
    assert bench.station.requests("ClearCache") == [{}]
