"""D01: what is sent turns what a station holds into what it shall hold."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from csms.domain.local_list import (
    HeldList,
    ListLimits,
    after,
    difference,
    digest,
    key_of,
    messages,
)

lists = st.dictionaries(
    st.sampled_from("abcdefgh"), st.sampled_from(["Accepted", "Blocked"]), max_size=8
)
limits = st.builds(
    ListLimits, st.integers(1, 5), st.none() | st.integers(min_value=250, max_value=600)
)


def entries(wanted: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"idToken": {"idToken": name, "type": "Central"}, "idTokenInfo": {"status": status}}
        for name, status in wanted.items()
    ]


def digests(wanted: dict[str, str]) -> dict[str, str]:
    return {key_of(entry): digest(entry) for entry in entries(wanted)}


@given(lists, lists, limits, st.integers(0, 9))
def test_a_difference_leads_from_any_list_to_any_other(
    before: dict[str, str], wanted: dict[str, str], within: ListLimits, version: int
) -> None:
    held: HeldList | None = HeldList(version, digests(before))
    for message in messages(
        difference(digests(before), entries(wanted)), "Differential", version, within
    ):
        assert len(message.entries) <= within.items
        held = after(held, message)
    assert held is not None
    assert held.entries == digests(wanted)
    assert held.version > version


@given(lists, limits)
def test_d01_fr03_a_full_list_replaces_whatever_was_there(
    wanted: dict[str, str], within: ListLimits
) -> None:
    held: HeldList | None = HeldList(3, None)
    sent = list(messages(entries(wanted), "Full", 3, within))
    for message in sent:
        held = after(held, message)
    assert held == HeldList(3 + len(sent), digests(wanted))
    assert [message.update_type for message in sent][1:] == ["Differential"] * (len(sent) - 1)


def test_d01_fr04_an_empty_list_is_left_out() -> None:
    (message,) = messages([], "Full", 0, ListLimits())
    assert message.request == {"versionNumber": 1, "updateType": "Full"}


def test_what_is_not_known_stays_unknown_after_a_difference() -> None:
    (message,) = messages(entries({"a": "Accepted"}), "Differential", 3, ListLimits())
    assert after(HeldList(3, None), message) == HeldList(4, None)


def test_a_token_is_removed_as_it_was_spelt() -> None:
    held = digests({"AbC:1": "Accepted"})

    assert difference(held, []) == [{"idToken": {"idToken": "AbC:1", "type": "Central"}}]
