"""Rival proposals for one power."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain.bounds import Bounds, Priority, Proposal, merge

powers = st.floats(-1e6, 1e6)


def wants(power_w: float, priority: Priority = Priority.PLAN) -> Proposal:
    return Proposal(priority=priority, source="plan", preferred_w=power_w)


def holds(lower_w: float, upper_w: float, priority: Priority, source: str) -> Proposal:
    return Proposal(priority=priority, source=source, bounds=Bounds(lower_w, upper_w))


def test_a_wish_within_all_bounds_is_granted() -> None:
    merged = merge([holds(-10, 10, Priority.SAFETY, "store"), wants(5)])
    assert (merged.power_w, merged.binding, merged.moved_w) == (5, "", 0)


def test_the_bound_that_moved_it_is_named() -> None:
    merged = merge(
        [
            wants(50),
            holds(-100, 30, Priority.CONTRACT, "import"),
            holds(-40, 40, Priority.SAFETY, "store"),
        ]
    )
    assert (merged.power_w, merged.binding, merged.moved_w) == (30, "import", -20)


def test_a_lower_priority_that_cannot_hold_goes_as_near_as_it_may() -> None:
    merged = merge(
        [holds(-10, 10, Priority.SAFETY, "store"), holds(-inf, -50, Priority.CONTRACT, "import")]
    )
    assert merged.power_w == -10
    assert merged.overridden == ("import",)


def test_an_instruction_outranks_the_plan_and_gives_way_to_a_contract() -> None:
    rivals = [wants(5), wants(-20, Priority.INSTRUCTION)]
    assert merge(rivals).power_w == -20
    assert merge([*rivals, holds(-7, inf, Priority.CONTRACT, "export")]).power_w == -7


@given(
    st.lists(
        st.builds(
            lambda priority, low, span: holds(low, low + abs(span), priority, str(priority)),
            st.sampled_from(Priority),
            powers,
            powers,
        ),
        min_size=1,
        max_size=6,
    ),
    powers,
)
def test_the_highest_priority_always_holds(bounds: list[Proposal], wish_w: float) -> None:
    first = min(bounds, key=lambda proposal: proposal.priority).bounds
    merged = merge([*bounds, wants(wish_w)])
    assert first.lower_w <= merged.power_w <= first.upper_w
    assert merged.bounds.clamp_w(merged.power_w) == merged.power_w
