"""Block N of OCPP 2.1: the scenarios of 2.0.1 on 2.1 sockets."""

import pytest

from tests.conformance import test_block_n_monitoring as n_monitoring
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration


async def test_tc21_n_08_csms_set_variable_monitoring_one(bench21: Bench) -> None:
    await n_monitoring.test_tc_n_08_csms_set_variable_monitoring_one(bench21)


async def test_tc21_n_09_csms_set_variable_monitoring_multiple(bench21: Bench) -> None:
    await n_monitoring.test_tc_n_09_csms_set_variable_monitoring_multiple(bench21)


async def test_tc21_n_09_csms_what_one_element_lacks_does_not_lose_the_other(
    bench21: Bench,
) -> None:
    await n_monitoring.test_tc_n_09_csms_what_one_element_lacks_does_not_lose_the_other(bench21)


async def test_tc21_n_16_csms_set_monitoring_level(bench21: Bench) -> None:
    await n_monitoring.test_tc_n_16_csms_set_monitoring_level(bench21)


async def test_tc21_n_17_csms_set_monitoring_level_out_of_range(bench21: Bench) -> None:
    await n_monitoring.test_tc_n_17_csms_set_monitoring_level_out_of_range(bench21)


async def test_tc21_n_18_csms_clear_monitoring_too_many_elements(bench21: Bench) -> None:
    await n_monitoring.test_tc_n_18_csms_clear_monitoring_too_many_elements(bench21)


@pytest.mark.parametrize("base", ["All", "FactoryDefault", "HardWiredOnly"])
async def test_tc21_n_05_csms_set_monitoring_base(bench21: Bench, base: str) -> None:
    await n_monitoring.test_tc_n_05_csms_set_monitoring_base(bench21, base)


@pytest.mark.parametrize(("status", "stays"), [("Rejected", True), ("NotFound", False)])
async def test_tc21_n_44_csms_clear_monitoring_rejected(
    bench21: Bench, status: str, stays: bool
) -> None:
    await n_monitoring.test_tc_n_44_csms_clear_monitoring_rejected(bench21, status, stays)
