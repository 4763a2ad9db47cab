"""Block O of OCPP 2.1: the scenarios of 2.0.1 on 2.1 sockets."""

import pytest

from tests.conformance import test_block_o as twin_o
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration


async def test_tc21_o_12_csms_the_same_id_replaces(bench21: Bench) -> None:
    await twin_o.test_tc_o_12_csms_the_same_id_replaces(bench21)
