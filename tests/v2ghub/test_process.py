"""How long a process that dies waits for its next start."""

from itertools import pairwise

import pytest

from v2ghub.process import FIRST_BACKOFF_S, LONGEST_BACKOFF_S, backoff_s


@pytest.mark.parametrize(
    ("deaths", "pause_s"), [(1, 0.2), (2, 0.4), (3, 0.8), (6, 6.4), (7, 10.0), (1000, 10.0)]
)
def test_the_pause_doubles_up_to_ten_seconds(deaths: int, pause_s: float) -> None:
    assert backoff_s(deaths) == pytest.approx(pause_s)


def test_the_pause_never_shrinks_while_a_process_keeps_dying() -> None:
    pauses = [backoff_s(deaths) for deaths in range(1, 50)]
    assert all(earlier <= later for earlier, later in pairwise(pauses))
    assert pauses[0] == FIRST_BACKOFF_S
    assert pauses[-1] == LONGEST_BACKOFF_S
