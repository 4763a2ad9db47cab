import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.evse import ChargingState, Evse, RunningTransaction
from tests.simulator.makers import NOON, occupant, station_spec


@given(limits=st.lists(st.none() | st.floats(-15_000, 15_000), min_size=1, max_size=80))
def test_registers_are_the_sum_of_power_and_never_fall(limits: list[float | None]) -> None:
    evse = Evse(station_spec(), import_wh=1_000.0, export_wh=50.0)
    evse.occupant, evse.transaction = occupant(), RunningTransaction("t", NOON, "EV")
    net_wh, before = 0.0, (evse.import_wh, evse.export_wh)
    for limit_w in limits:
        evse.step(limit_w, 1.0)
        net_wh += evse.power_w / 3600
        assert evse.import_wh >= before[0]
        assert evse.export_wh >= before[1]
        assert -10_000 <= evse.power_w <= 11_000
        before = (evse.import_wh, evse.export_wh)
    assert (evse.import_wh - 1_000) - (evse.export_wh - 50) == pytest.approx(net_wh, abs=1e-6)


def test_without_a_transaction_nothing_flows() -> None:
    evse = Evse(station_spec())
    evse.occupant = occupant()
    evse.step(None, 1.0)
    assert (evse.power_w, evse.import_wh) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("soc_ratio", "limit_w", "state"),
    [
        (0.5, 5_000.0, ChargingState.CHARGING),
        (0.5, -5_000.0, ChargingState.CHARGING),
        (0.5, 0.0, ChargingState.SUSPENDED_EVSE),
        (0.5, 1_000.0, ChargingState.SUSPENDED_EVSE),
        (1.0, 5_000.0, ChargingState.SUSPENDED_EV),
        (0.1, -5_000.0, ChargingState.SUSPENDED_EV),
    ],
)
def test_charging_state_says_who_pauses(
    soc_ratio: float, limit_w: float, state: ChargingState
) -> None:
    evse = Evse(station_spec())
    evse.occupant, evse.transaction = occupant(soc_ratio), RunningTransaction("t", NOON, "EV")
    for _ in range(2):
        evse.step(limit_w, 1.0)
    assert evse.charging_state_now() is state
