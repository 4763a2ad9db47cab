"""Block C of OCPP 2.1: the scenarios of 2.0.1 on 2.1 sockets."""

import pytest

from tests.conformance import test_block_c as twin_c
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration


async def test_tc21_c_40_csms_a_group_from_the_local_list(bench21: Bench) -> None:
    await twin_c.test_tc_c_40_csms_a_group_from_the_local_list(bench21)


async def test_tc21_c_43_csms_a_group_token_that_the_list_calls_invalid(bench21: Bench) -> None:
    await twin_c.test_tc_c_43_csms_a_group_token_that_the_list_calls_invalid(bench21)
