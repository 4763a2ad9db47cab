"""Dynamic profiles (OCPP 2.1, K28): what one shall say when its station asks.

An answer sets the dead-man switch of the profile anew: it holds for `duration_s` from then. So a
lease is only prolonged while its end lies that far ahead; then it runs out by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from csms.domain.commands import Setpoint
from csms.domain.messages_v21 import PullDynamicScheduleUpdateAnswer

CENTRAL_SETPOINT: Final = "CentralSetpoint"
NOTHING: Final = PullDynamicScheduleUpdateAnswer()
GRACE: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicProfile:
    """A profile as last set: an operator's, with `values`, or a lease of `setpoint`."""

    operation_mode: str
    duration_s: int | None = None
    values: Mapping[str, Any] | None = None
    setpoint: Setpoint | None = None


def update(profile: DynamicProfile | None, now: datetime) -> PullDynamicScheduleUpdateAnswer:
    """The values to use now; none if there is no such profile, or its lease is over."""
    if profile is None:
        return NOTHING
    if profile.values is not None:
        return PullDynamicScheduleUpdateAnswer(values=dict(profile.values))
    if profile.setpoint is None:
        return NOTHING
    holds_until = now + timedelta(seconds=profile.duration_s or 0)
    if profile.setpoint.until + GRACE < holds_until:
        return NOTHING
    setpoint_w = profile.setpoint.setpoint_w
    if profile.operation_mode == CENTRAL_SETPOINT:
        return PullDynamicScheduleUpdateAnswer(setpoint_w=setpoint_w)
    return PullDynamicScheduleUpdateAnswer(limit_w=max(setpoint_w, 0.0))
