"""Block C of OCPP 2.1: contract certificates, as in 2.0.1."""

from dataclasses import replace

import pytest

from tests.conformance import test_block_c_contracts as twin_c
from tests.conformance.test_block_c_contracts import Contracts, contracts

__all__ = ["contracts"]
pytestmark = pytest.mark.integration


@pytest.fixture
def contracts21(contracts: Contracts) -> Contracts:
    return replace(contracts, bench=replace(contracts.bench, version="2.1"))


async def test_tc21_c_50_csms_a_good_contract_by_its_hashes(contracts21: Contracts) -> None:
    await twin_c.test_tc_c_50_csms_a_good_contract_by_its_hashes(contracts21)


async def test_tc21_c_51_csms_a_revoked_contract_by_its_hashes(contracts21: Contracts) -> None:
    await twin_c.test_tc_c_51_csms_a_revoked_contract_by_its_hashes(contracts21)


async def test_tc21_c_52_csms_a_good_contract_by_its_chain(contracts21: Contracts) -> None:
    await twin_c.test_tc_c_52_csms_a_good_contract_by_its_chain(contracts21)
