from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from web.why import Alternative, Reason, reason_now

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOON = NOON + timedelta(minutes=10)
PLANNED: dict[str, Any] = {
    "plan_starts_at": NOON - timedelta(minutes=30),
    "slot_s": 900,
    "runs": [
        {"code": "waits_for_cheaper", "first_slot": 0, "last_slot": 1, "detail": ""},
        {"code": "circuit_limit", "first_slot": 2, "last_slot": 4, "detail": "fleet"},
    ],
    "ordered_reason": "plan",
    "setpoint_until": SOON,
}
BY_PLAN = Reason("circuit_limit", "fleet", NOON + timedelta(minutes=45))
PRICED = {
    "code": "cheap_slot", "first_slot": 0, "last_slot": 4, "detail": "", "cost_gbp_per_kwh": 0.1,
    "price_slot": 0, "runner_up": {"action": "charge_then", "slot": 6, "extra_gbp_per_kwh": 0.02},
}  # fmt: skip
EXPLAINED = [{"code": "import_bound", "detail": "fleet -4.0 kW"}]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({}, BY_PLAN, id="as planned"),
        pytest.param({"ordered_reason": None}, BY_PLAN, id="nothing ordered yet"),
        pytest.param(
            {"runs": [PRICED]},
            Reason(
                "cheap_slot",
                "",
                NOON + timedelta(minutes=45),
                0.1,
                Alternative("charge_then", NOON + timedelta(hours=1), 0.02),
            ),
            id="with what else could be done",
        ),
        pytest.param(
            {"ordered_reason": "import_bound"},
            Reason("connection_limit", "fleet -4.0 kW", SOON),
            id="the guard held the connection",
        ),
        pytest.param(
            {"ordered_reason": "circuit:v2g-bay"},
            Reason("circuit_limit", "v2g-bay", SOON),
            id="the guard held a circuit",
        ),
        pytest.param(
            {"ordered_reason": "worst_case"}, Reason("meter_silent", "", SOON), id="silent meter"
        ),
        pytest.param(
            {"ordered_reason": "import_bound", "setpoint_until": NOON}, BY_PLAN, id="lease over"
        ),
        pytest.param({"runs": None}, None, id="the plan does not know the vehicle"),
        pytest.param(
            {"plan_starts_at": NOON - timedelta(days=2)}, None, id="the plan is from long ago"
        ),
        pytest.param(
            {"plan_starts_at": NOON + timedelta(hours=1)}, None, id="the plan begins later"
        ),
    ],
)
def test_the_reason_in_force(change: dict[str, Any], reason: Reason | None) -> None:
    assert reason_now({**PLANNED, **change}, EXPLAINED, NOON) == reason
