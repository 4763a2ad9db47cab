"""Block A of OCPP 2.1: certificates."""

from dataclasses import replace

import pytest

from tests.conformance import test_block_a as twin_a
from tests.conformance.test_block_a import tls
from tests.conformance.tls import TlsBench

__all__ = ["tls"]
pytestmark = pytest.mark.integration


async def test_tc21_a_12_csms_update_of_the_v2g_certificate(tls: TlsBench) -> None:
    await twin_a.test_tc_a_12_csms_update_of_the_v2g_certificate(replace(tls, version="2.1"))
