"""What a linear program cannot say by itself: either this or that, and idle while that is used."""

import numpy as np

from scheduler.planning.lp import Lp


def test_of_a_pair_only_one_is_used() -> None:
    lp = Lp()
    one, other = (lp.add_columns((2,), 0.0, 10.0, gbp) for gbp in (-1.0, -2.0))
    lp.put(lp.add_rows((2,), -np.inf, [12.0, 15.0]), one, 1.0)
    lp.put_either(one, other)
    found = lp.solve(10.0)
    assert found is not None
    assert np.all((found.values[one] == 0) | (found.values[other] == 0))
    assert found.bound_gbp < found.objective_gbp


def test_what_is_to_be_idle_is_so_wherever_the_other_is_used_though_it_would_pay() -> None:
    lp = Lp()
    idle = lp.add_columns((3,), [0.0, 1.0, 0.0], 5.0, -1.0)
    used = lp.add_columns((3,), [2.0, 2.0, 0.0], 9.0, 0.5)
    rows = lp.add_rows((3,), 0.0, 20.0)
    for columns in (idle, used):
        lp.put(rows, columns, 1.0)
    lp.put_idle(idle, used)
    found = lp.solve(10.0)
    assert found is not None
    assert found.values[idle].tolist() == [0.0, 1.0, 5.0]
    assert found.bound_gbp < found.objective_gbp


def test_it_is_idle_where_use_moves_to_when_it_may_not_be_elsewhere() -> None:
    """Whatever is charged is drawn in some slot, and one slot after the other is shut."""
    lp, slots = Lp(), 3
    charge = lp.add_columns((slots,), 0.0, 4.0, -1.0)
    beyond = lp.add_columns((slots,), 0.0, 4.0, [0.1, 0.2, 0.3])
    rows = lp.add_rows((slots,), 0.0, 0.0)
    lp.put(rows, charge, 1.0)
    lp.put(rows, beyond, -1.0)
    lp.put(lp.add_rows((1,), -np.inf, 4.0), charge, 1.0)
    lp.put_idle(charge, beyond)
    found = lp.solve(10.0)
    assert found is not None
    assert np.all(found.values[charge] == 0)


def test_a_column_of_two_pairs_is_shut_once() -> None:
    lp = Lp()
    one = lp.add_columns((1,), 0.0, 1.0, -1.0)
    other = lp.add_columns((1,), 0.0, 5.0, -1.0)
    for column in (one, other):
        lp.put(lp.add_rows((1,), 0.0, 9.0), column, 1.0)
    lp.put_either(one, other)
    lp.put_idle(one, other)
    found = lp.solve(10.0)
    assert found is not None
    assert (found.values[one][0], found.values[other][0]) == (0.0, 5.0)
