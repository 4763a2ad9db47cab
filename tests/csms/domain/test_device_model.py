"""Reports come in any order, again, and over an older report of the same number."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.device_model import (
    ReportPart,
    VariableKey,
    first_repeated,
    key_of,
    parse_members,
    progress,
)

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)


def part(seq_no: int, *, more: bool, after_s: int = 1) -> ReportPart:
    received_at = T0 + timedelta(seconds=after_s)
    return ReportPart(seq_no=seq_no, received_at=received_at, more_follows=more)


@given(count=st.integers(1, 12), data=st.data())
def test_b07_a_report_is_complete_when_every_part_is_there_in_any_order(
    count: int, data: st.DataObject
) -> None:
    parts = [part(number, more=number + 1 < count) for number in range(count)]
    shuffled = data.draw(st.permutations(parts + parts[: count // 2]))
    assert progress(shuffled, T0).complete
    lost = data.draw(st.integers(0, count - 1))
    rest = progress([one for one in shuffled if one.seq_no != lost], T0)
    assert not rest.complete
    assert rest.missing == ((lost,) if lost < count - 1 else ())


def test_b07_nothing_yet() -> None:
    assert progress([], T0).complete is False
    assert progress([], T0).missing == ()


def test_b07_a_station_that_counts_wildly_is_not_counted_along() -> None:
    wild = progress([part(0, more=True), part(2**31 - 1, more=False)], T0)
    assert (wild.complete, wild.missing) == (False, tuple(range(1, 101)))


def test_b07_an_older_report_of_the_same_request_id_is_no_part() -> None:
    older = [part(0, more=True, after_s=-9), part(1, more=False, after_s=-9)]
    found = progress([*older, part(0, more=True)], T0)
    assert (found.received, found.complete) == ((0,), False)


def test_a_key_is_read_and_said_as_on_the_wire() -> None:
    named = {
        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}, "instance": "x"},
        "variable": {"name": "Temperature", "instance": "y"},
    }
    assert str(key_of(named)) == "Connector[x]#1#2.Temperature[y]"
    assert key_of({}) == VariableKey(component="", variable="")
    assert key_of({"component": "odd", "variable": 7}) == VariableKey(component="", variable="")


def test_b05_fr13_the_same_variable_twice_is_found_but_not_its_other_attribute() -> None:
    key = VariableKey(component="A", variable="b")
    assert first_repeated(iter([(key, "Actual"), (key, "Target")])) is None
    assert first_repeated(iter([(key, "Actual"), (key, "Actual")])) == key


@pytest.mark.parametrize(
    ("told", "members"), [("A,W", ("A", "W")), (" 0, 1 ,", ("0", "1")), ("", ()), (None, ())]
)
def test_a_value_list_is_separated_by_commas(told: str | None, members: tuple[str, ...]) -> None:
    assert parse_members(told) == members
