from datetime import UTC, datetime, timedelta

import pytest

from web.readiness import UNKNOWN, PlannedEnergy, Readiness, Ready, readiness

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLANNED = PlannedEnergy(
    starts_at=NOON, slot_s=900, energy_wh=(22_000, 26_000, 30_000, 30_000), shortfall_wh=0.0
)
SHORT = PlannedEnergy(starts_at=NOON, slot_s=900, energy_wh=(22_000, 24_000), shortfall_wh=6_000.0)
LATE = NOON + timedelta(hours=3)


@pytest.mark.parametrize(
    ("energy_wh", "departure_at", "planned", "expected"),
    [
        pytest.param(30_000, LATE, PLANNED, Readiness(Ready.READY, None, 0.0), id="has it"),
        pytest.param(29_750, LATE, None, Readiness(Ready.READY, None, 0.0), id="1 % short"),
        pytest.param(20_000, LATE, None, UNKNOWN, id="no plan knows it"),
        pytest.param(
            20_000, LATE, PLANNED,
            Readiness(Ready.ON_TRACK, NOON + timedelta(minutes=45), 0.0), id="will have it",
        ),
        pytest.param(
            20_000, NOON + timedelta(minutes=40), PLANNED,
            Readiness(Ready.ON_TRACK, NOON + timedelta(minutes=40), 0.0), id="leaves in that slot",
        ),
        pytest.param(
            20_000, NOON + timedelta(minutes=30), PLANNED,
            Readiness(Ready.AT_RISK, NOON + timedelta(minutes=45), 0.0), id="leaves before",
        ),
        pytest.param(20_000, LATE, SHORT, Readiness(Ready.AT_RISK, None, 6_000.0), id="never"),
    ],
)  # fmt: skip
def test_readiness(
    energy_wh: float, departure_at: datetime, planned: PlannedEnergy | None, expected: Readiness
) -> None:
    assert readiness(energy_wh, 30_000, departure_at, planned) == expected
