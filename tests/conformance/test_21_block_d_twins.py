"""Block D of OCPP 2.1: the scenarios of 2.0.1 on 2.1 sockets."""

import pytest

from tests.conformance import test_block_d as twin_d
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration


async def test_tc21_d_01_csms_a_full_list(bench21: Bench) -> None:
    await twin_d.test_tc_d_01_csms_a_full_list(bench21)


async def test_tc21_d_02_csms_a_differential_update(bench21: Bench) -> None:
    await twin_d.test_tc_d_02_csms_a_differential_update(bench21)


async def test_tc21_d_03_csms_a_differential_removal(bench21: Bench) -> None:
    await twin_d.test_tc_d_03_csms_a_differential_removal(bench21)


async def test_tc21_d_04_csms_a_full_list_without_entries(bench21: Bench) -> None:
    await twin_d.test_tc_d_04_csms_a_full_list_without_entries(bench21)


async def test_tc21_d_08_csms_the_version_of_a_list(bench21: Bench) -> None:
    await twin_d.test_tc_d_08_csms_the_version_of_a_list(bench21)


async def test_tc21_d_09_csms_no_list_there(bench21: Bench) -> None:
    await twin_d.test_tc_d_09_csms_no_list_there(bench21)
