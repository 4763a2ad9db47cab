"""Block H of OCPP 2.1: the scenarios of 2.0.1 on 2.1 sockets."""

import pytest

from tests.conformance import test_block_h as twin_h
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration


async def test_tc21_h_01_csms_reserve_an_evse_and_use_it(bench21: Bench) -> None:
    await twin_h.test_tc_h_01_csms_reserve_an_evse_and_use_it(bench21)


async def test_tc21_h_07_csms_a_reservation_that_nobody_used(bench21: Bench) -> None:
    await twin_h.test_tc_h_07_csms_a_reservation_that_nobody_used(bench21)


async def test_tc21_h_08_csms_reserve_any_evse(bench21: Bench) -> None:
    await twin_h.test_tc_h_08_csms_reserve_any_evse(bench21)


async def test_tc21_h_14_csms_as_many_reservations_as_evses(bench21: Bench) -> None:
    await twin_h.test_tc_h_14_csms_as_many_reservations_as_evses(bench21)


async def test_tc21_h_15_csms_reserve_a_type_of_connector(bench21: Bench) -> None:
    await twin_h.test_tc_h_15_csms_reserve_a_type_of_connector(bench21)


async def test_tc21_h_17_csms_cancel_a_reservation(bench21: Bench) -> None:
    await twin_h.test_tc_h_17_csms_cancel_a_reservation(bench21)


async def test_tc21_h_19_csms_another_card_of_the_group_uses_it(bench21: Bench) -> None:
    await twin_h.test_tc_h_19_csms_another_card_of_the_group_uses_it(bench21)


async def test_tc21_h_20_csms_a_fault_ends_a_reservation(bench21: Bench) -> None:
    await twin_h.test_tc_h_20_csms_a_fault_ends_a_reservation(bench21)


async def test_tc21_h_22_csms_a_station_that_takes_no_reservations(bench21: Bench) -> None:
    await twin_h.test_tc_h_22_csms_a_station_that_takes_no_reservations(bench21)
