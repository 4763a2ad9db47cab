"""What the power after a lease says of its end."""

import pytest

from csms.domain.lease_end import lease_ended


@pytest.mark.parametrize(
    ("setpoint_w", "before_w", "after_w", "ended"),
    [
        (7_000, 7_000, 7_000, False),
        (7_000, 7_000, 2_000, False),
        (7_000, 7_000, 1_400, True),
        (7_000, 7_000, 1_650, True),
        (7_000, 7_000, 300, None),
        (7_000, 1_400, 1_400, None),
        (7_000, None, 7_000, False),
        (1_400, 1_400, 1_400, None),
        (1_000, 1_000, 7_000, None),
        (-5_000, -5_000, -5_000, False),
        (-5_000, -5_000, 1_400, True),
        (-5_000, -5_000, 0, True),
        (-5_000, 0, 0, None),
    ],
    ids=[
        "goes on", "goes on with less", "falls to its floor", "near its floor", "has had enough",
        "never followed", "goes on, nothing known before", "a lease of the floor",
        "a lease below the floor", "gives on", "gives no more", "rests", "never gave",
    ],
)  # fmt: skip
def test_what_was_metered_after_a_lease(
    setpoint_w: float, before_w: float | None, after_w: float, ended: bool | None
) -> None:
    assert lease_ended(setpoint_w, 1_400.0, before_w, after_w) is ended
