"""Block L of OCPP 2.1: the scenarios of 2.0.1 on 2.1 sockets."""

import pytest

from tests.conformance import test_block_l as l
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration


async def test_tc21_l_17_csms_publish_firmware_published(bench21: Bench) -> None:
    await l.test_tc_l_17_csms_publish_firmware_published(bench21)


async def test_tc21_l_19_csms_publish_firmware_invalid_checksum(bench21: Bench) -> None:
    await l.test_tc_l_19_csms_publish_firmware_invalid_checksum(bench21)


async def test_tc21_l_20_csms_publish_firmware_publish_failed(bench21: Bench) -> None:
    await l.test_tc_l_20_csms_publish_firmware_publish_failed(bench21)


async def test_tc21_l_21_csms_unpublish_firmware_unpublished(bench21: Bench) -> None:
    await l.test_tc_l_21_csms_unpublish_firmware_unpublished(bench21)


async def test_tc21_l_22_csms_unpublish_firmware_no_firmware(bench21: Bench) -> None:
    await l.test_tc_l_22_csms_unpublish_firmware_no_firmware(bench21)


async def test_tc21_l_23_csms_unpublish_firmware_download_ongoing(bench21: Bench) -> None:
    await l.test_tc_l_23_csms_unpublish_firmware_download_ongoing(bench21)


async def test_tc21_l_24_csms_publish_firmware_download_failed(bench21: Bench) -> None:
    await l.test_tc_l_24_csms_publish_firmware_download_failed(bench21)
