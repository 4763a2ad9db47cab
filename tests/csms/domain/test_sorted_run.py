"""A sorted set that shares what it has with those that grew from it, and nobody notices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.sorted_run import SortedRun


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12))))
def test_every_run_keeps_what_it_was_made_of(growth: list[tuple[int, int]]) -> None:
    """Each step grows one of the runs made so far, not always the longest."""
    runs, models = [SortedRun[int]()], [set[int]()]
    for which, item in growth:
        parent = which % len(runs)
        runs.append(runs[parent].with_item(item))
        models.append(models[parent] | {item})
    for run, model in zip(runs, models, strict=True):
        assert list(run) == sorted(model)
        assert len(run) == len(model)
        assert run == SortedRun(model)
        assert hash(run) == hash(SortedRun(model))


def test_what_is_in_it_already_changes_nothing() -> None:
    run = SortedRun([3, 1])
    assert run.with_item(1) is run
    assert run != [1, 3]


def test_items_by_their_place() -> None:
    older = SortedRun([1, 3])
    younger = older.with_item(5)
    assert (older[0], older[-1], younger[-1]) == (1, 3, 5)
    assert [younger.place_of(item) for item in (0, 3, 4, 6)] == [0, 1, 2, 3]
    for index in (2, -3):
        with pytest.raises(IndexError):
            older[index]


def test_growth_at_the_end_copies_nothing() -> None:
    run = SortedRun[int]()
    runs = [run := run.with_item(number) for number in range(1_000)]
    assert len({id(one._items) for one in runs}) == 1
