"""Block I of OCPP 2.1: the scenarios of 2.0.1 on 2.1 sockets."""

import pytest

from tests.conformance import test_block_i as twin_i
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration


async def test_tc21_i_02_csms_the_final_total(bench21: Bench) -> None:
    await twin_i.test_tc_i_02_csms_the_final_total(bench21)


async def test_tc21_i_01_csms_the_running_total_is_told_once_an_interval(bench21: Bench) -> None:
    await twin_i.test_i02_fr01_the_running_cost_is_told_once_an_interval(bench21)
