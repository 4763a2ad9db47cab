"""Block M of OCPP 2.1: certificates in vehicles and their status."""

from dataclasses import replace

import pytest

from tests.conformance import test_block_m as twin_m
from tests.conformance.test_block_m import tls, with_pool
from tests.conformance.tls import TlsBench

__all__ = ["tls", "with_pool"]
pytestmark = pytest.mark.integration


async def test_tc21_m_24_csms_certificate_status(tls: TlsBench) -> None:
    await twin_m.test_tc_m_24_csms_certificate_status(replace(tls, version="2.1"))


async def test_tc21_m_26_csms_install_a_contract_certificate_in_a_vehicle(
    with_pool: TlsBench,
) -> None:
    await twin_m.contract(replace(with_pool, version="2.1"), "Install")


async def test_tc21_m_28_csms_update_a_contract_certificate_in_a_vehicle(
    with_pool: TlsBench,
) -> None:
    await twin_m.contract(replace(with_pool, version="2.1"), "Update")
