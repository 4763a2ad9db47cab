"""Requests are split by what the station takes, and nothing is lost or doubled by it."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.device_model import VariableKey
from csms.domain.errors import CallTimeout
from csms.outbound.batches import ENVELOPE_BYTES, Limits, split

COUNT = st.one_of(st.none(), st.integers(1, 5))
SIZE = st.one_of(st.none(), st.integers(1, 400))


@given(items=st.lists(st.text(max_size=60), max_size=20), most=COUNT, size_bytes=SIZE)
def test_parts_keep_order_and_limits(
    items: list[str], most: int | None, size_bytes: int | None
) -> None:
    parts = list(split(items, Limits(most, size_bytes)))
    assert [one for part in parts for one in part] == items
    for part in parts:
        assert most is None or len(part) <= most
        size = ENVELOPE_BYTES + sum(len(msgspec.json.encode(one)) + 1 for one in part)
        assert size_bytes is None or size <= size_bytes or len(part) == 1


def variables(count):
    return [
        {"component": {"name": "C"}, "variable": {"name": f"v{number}"}} for number in range(count)
    ]


def told(bench, name, component, action, value):
    key = VariableKey(component=component, variable=name, variable_instance=action)
    bench.model.values[key] = value


def answers(request):
    results = [
        {
            "attributeStatus": "Accepted",
            "attributeValue": one.variable.name,
            "component": {"name": one.component.name},
            "variable": {"name": one.variable.name},
        }
        for one in request.get_variable_data
    ]
    return {"getVariableResult": results}


async def asked_in(bench, count):
    bench.station.answers["GetVariables"] = answers
    outcome = await bench.run(CommandKind.GET_VARIABLES, getVariableData=variables(count))
    sizes = [len(one["getVariableData"]) for one in bench.station.requests("GetVariables")]
    return outcome, sizes


async def test_b06_fr05_no_more_variables_than_the_station_takes(bench):
    told(bench, "ItemsPerMessage", "DeviceDataCtrlr", "GetVariables", "3")
    outcome, sizes = await asked_in(bench, 7)
    assert sizes == [3, 3, 1]
    values = [one["attributeValue"] for one in outcome.response["getVariableResult"]]
    assert values == [f"v{number}" for number in range(7)]


async def test_a_message_is_no_larger_than_the_station_takes(bench):
    told(bench, "BytesPerMessage", "DeviceDataCtrlr", "GetVariables", "320")
    _, sizes = await asked_in(bench, 6)
    assert sum(sizes) == 6
    assert max(sizes) < 6


async def test_a_station_that_never_said_gets_all_at_once(bench):
    told(bench, "ItemsPerMessage", "DeviceDataCtrlr", "SetVariables", "1")
    told(bench, "ItemsPerMessage", "DeviceDataCtrlr", "GetVariables", "many")
    assert (await asked_in(bench, 7))[1] == [7]


async def test_a_limit_for_any_action_holds_where_none_is_told_for_this_one(bench):
    told(bench, "ItemsPerMessage", "DeviceDataCtrlr", "", "2")
    assert (await asked_in(bench, 5))[1] == [2, 2, 1]
    told(bench, "ItemsPerMessage", "DeviceDataCtrlr", "GetVariables", "4")
    bench.station.heard.clear()
    assert (await asked_in(bench, 5))[1] == [4, 1]


async def test_a_part_without_an_answer_makes_the_whole_unknown(bench):
    told(bench, "ItemsPerMessage", "DeviceDataCtrlr", "GetVariables", "3")
    bench.station.answers["GetVariables"] = CallTimeout(sent=True)
    outcome = await bench.run(CommandKind.GET_VARIABLES, getVariableData=variables(7))
    assert outcome.status is CommandStatus.UNKNOWN


async def test_a_bad_element_keeps_every_part_at_home(bench):
    told(bench, "ItemsPerMessage", "DeviceDataCtrlr", "GetVariables", "1")
    bad = [*variables(1), {"component": {"name": "C"}}]
    outcome = await bench.run(CommandKind.GET_VARIABLES, getVariableData=bad)
    assert outcome.status is CommandStatus.REFUSED
    assert outcome.reason.startswith("bad_payload")
    assert bench.station.heard == []
