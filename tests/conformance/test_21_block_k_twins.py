"""Block K of OCPP 2.1: the scenarios of 2.0.1 on 2.1 sockets."""

import pytest

from tests.conformance import test_block_k as twin_k
from tests.conformance.conftest import Bench, shared_loop_fixture
from tests.conformance.sessions import Session

pytestmark = pytest.mark.integration


@shared_loop_fixture()
async def session21(bench21: Bench) -> Session:
    """Nothing has happened yet at EVSE 1; the floor is set."""
    return Session(bench21, await bench21.station())


@shared_loop_fixture()
async def vehicle21(session21: Session) -> Session:
    """A station that can be read back."""
    session21.station.answers["GetCompositeSchedule"] = {"status": "Rejected"}
    return session21


async def test_tc21_k_37_csms_remote_start_with_a_profile(session21: Session) -> None:
    await twin_k.test_tc_k_37_csms_remote_start_with_a_profile(session21)


async def test_tc21_k_43_csms_composite_schedule_of_one_evse(session21: Session) -> None:
    await twin_k.test_tc_k_43_csms_composite_schedule_of_one_evse(session21)


async def test_tc21_k_44_csms_composite_schedule_of_the_station(session21: Session) -> None:
    await twin_k.test_tc_k_44_csms_composite_schedule_of_the_station(session21)


async def test_tc21_k_48_csms_a_limit_of_others_is_in_force(session21: Session) -> None:
    await twin_k.test_tc_k_48_csms_a_limit_of_others_is_in_force(session21)


async def test_tc21_k_50_csms_a_limit_of_others_is_released(session21: Session) -> None:
    await twin_k.test_tc_k_50_csms_a_limit_of_others_is_released(session21)


async def test_tc21_k_51_csms_a_limit_of_others_is_released_while_charging(
    session21: Session,
) -> None:
    await twin_k.test_tc_k_51_csms_a_limit_of_others_is_released_while_charging(session21)


async def test_tc21_k_52_csms_a_limit_of_others_is_reported(session21: Session) -> None:
    await twin_k.test_tc_k_52_csms_a_limit_of_others_is_reported(session21)


async def test_tc21_k_53_csms_load_levelling_with_a_vehicle(vehicle21: Session) -> None:
    await twin_k.test_tc_k_53_csms_load_levelling_with_a_vehicle(vehicle21)


async def test_tc21_k_55_csms_a_vehicle_that_wants_more_is_offered_again(
    vehicle21: Session,
) -> None:
    await twin_k.test_tc_k_55_csms_a_vehicle_that_wants_more_is_offered_again(vehicle21)


async def test_tc21_k_57_csms_the_vehicle_negotiates_anew(vehicle21: Session) -> None:
    await twin_k.test_tc_k_57_csms_the_vehicle_negotiates_anew(vehicle21)


async def test_tc21_k_58_csms_we_negotiate_anew(vehicle21: Session) -> None:
    await twin_k.test_tc_k_58_csms_we_negotiate_anew(vehicle21)


async def test_tc21_k_59_csms_needs_told_again_are_answered_with_what_holds(
    vehicle21: Session,
) -> None:
    await twin_k.test_tc_k_59_csms_needs_told_again_are_answered_with_what_holds(vehicle21)
