"""What a meter says of how a lease ended: did the station fall back to its floor? Pure."""

from typing import Final

NOISE_W: Final = 300.0
NOISE_RATIO: Final = 0.1
TAKES_RATIO: Final = 0.5
"""Of its floor: a vehicle that takes less may have had enough, which says nothing of its lease."""


def lease_ended(
    setpoint_w: float, floor_w: float, before_w: float | None, after_w: float
) -> bool | None:
    """Whether the lease of `setpoint_w` ended by itself, by the power `after_w` when it was over
    and nothing newer was told; None where that says nothing. `before_w`: the power that flowed
    under it and lay furthest from what the floor allows."""
    above_w = floor_w + NOISE_W + NOISE_RATIO * floor_w
    if setpoint_w >= 0:
        if setpoint_w <= above_w:
            return None
        if after_w > above_w:
            return False
        followed = before_w is not None and before_w > above_w
        return True if followed and after_w >= TAKES_RATIO * floor_w else None
    if after_w < -NOISE_W:
        return False
    return True if before_w is not None and before_w < -NOISE_W else None
