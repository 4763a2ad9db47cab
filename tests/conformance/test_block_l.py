"""Block L: firmware."""

from typing import Any

import pytest

from csms.domain.commands import Command, CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench, until
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration

LATER = "2026-03-01T20:00:00Z"
FIRMWARE: Payload = {
    "location": "https://firmware.example/one-2.4.bin",
    "retrieveDateTime": "2026-03-01T08:00:00Z",
    "signingCertificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "signature": "c2lnbmF0dXJl",
}
CHECKSUM = "d41d8cd98f00b204e9800998ecf8427e"


async def job(bench: Bench, station: ScriptedStation, request_id: int) -> dict[str, Any]:
    """The stored job."""
    rows = await bench.hub.rows(tables.station_job, station.station_id)
    return next(row for row in rows if row["request_id"] == request_id)


async def timeline(bench: Bench, station: ScriptedStation, request_id: int) -> list[str]:
    """What the station answered and told of it, in order."""
    rows = await bench.hub.rows(tables.station_job_status, station.station_id)
    mine = [row for row in rows if row["request_id"] == request_id]
    return [row["status"] for row in sorted(mine, key=lambda row: row["at"])]


async def answered(bench: Bench, asked: Command, reason: str | None = None) -> None:
    """The command ended: confirmed, or refused for `reason`."""
    outcome = await bench.outcome(asked)
    wanted = CommandStatus.CONFIRMED if reason is None else CommandStatus.REFUSED
    assert (outcome.status, outcome.reason) == (wanted, reason)


async def update(
    bench: Bench, station: ScriptedStation, request_id: int, answer: str, **more: str
) -> Command:
    """An operator updates the firmware; the station gets what was asked, and says `answer`."""
    payload = {"requestId": request_id, "retries": 3, "firmware": FIRMWARE | more}
    asked = await bench.command(station, "UpdateFirmware", payload)
    assert await station.expect("UpdateFirmware", {"status": answer}) == payload
    return asked


async def tells(station: ScriptedStation, request_id: int, *statuses: str) -> None:
    """FirmwareStatusNotification, one after another: each is acknowledged."""
    for status in statuses:
        told = {"status": status, "requestId": request_id}
        assert await station.call("FirmwareStatusNotification", told) == {}


async def updated(bench: Bench, *statuses: str, **firmware: str) -> None:
    """The whole of an accepted update: every status is kept, the last one is the job's."""
    station = await bench.station()
    asked = await update(bench, station, 7, "Accepted", **firmware)
    await answered(bench, asked)
    await tells(station, 7, *statuses)
    assert await timeline(bench, station, 7) == ["Accepted", *statuses]
    kept = await job(bench, station, 7)
    assert (kept["kind"], kept["answer"], kept["status"]) == (
        "UpdateFirmware",
        "Accepted",
        statuses[-1],
    )
    assert kept["payload"]["firmware"]["signature"] == FIRMWARE["signature"]
    notices = await bench.hub.rows(tables.station_notice, station.station_id)
    worst = [one["severity"] for one in notices if one["payload"]["status"] == statuses[-1]]
    failed = statuses[-1] not in ("Installed", "InstallScheduled", "DownloadScheduled")
    assert worst == ["warning" if failed else "info"]


DOWNLOADED = ("Downloading", "Downloaded")
VERIFIED = (*DOWNLOADED, "SignatureVerified")


async def test_tc_l_01_csms_secure_firmware_update_installed(bench: Bench) -> None:
    await updated(bench, *VERIFIED, "Installing", "InstallRebooting", "Installed")


async def test_tc_l_02_csms_secure_firmware_update_install_scheduled(bench: Bench) -> None:
    statuses = (*VERIFIED, "InstallScheduled", "Installing", "Installed")
    await updated(bench, *statuses, installDateTime=LATER)


async def test_tc_l_03_csms_secure_firmware_update_download_scheduled(bench: Bench) -> None:
    statuses = ("DownloadScheduled", *VERIFIED, "Installing", "Installed")
    await updated(bench, *statuses, retrieveDateTime=LATER)


async def refused(bench: Bench, answer: str, event: str) -> None:
    station = await bench.station()
    asked = await update(bench, station, 7, answer)
    await answered(bench, asked, answer)
    told = {"type": event, "timestamp": "2026-03-01T08:00:00Z"}
    assert await station.call("SecurityEventNotification", told) == {}
    assert (await job(bench, station, 7))["status"] == answer
    notices = await bench.hub.rows(tables.station_notice, station.station_id)
    assert [one["severity"] for one in notices if one["payload"] == told] == ["warning"]


async def test_tc_l_04_csms_secure_firmware_update_revoked_certificate(bench: Bench) -> None:
    await refused(bench, "RevokedCertificate", "InvalidFirmwareSigningCertificate")


async def test_tc_l_05_csms_secure_firmware_update_invalid_certificate(bench: Bench) -> None:
    await refused(bench, "InvalidCertificate", "InvalidFirmwareSigningCertificate")


async def test_tc_l_06_csms_secure_firmware_update_invalid_signature(bench: Bench) -> None:
    await updated(bench, *DOWNLOADED, "InvalidSignature")


async def test_tc_l_07_csms_secure_firmware_update_download_failed(bench: Bench) -> None:
    await updated(bench, "Downloading", "DownloadFailed")


async def test_tc_l_08_csms_secure_firmware_update_install_verification_failed(
    bench: Bench,
) -> None:
    await updated(bench, *VERIFIED, "Installing", "InstallVerificationFailed")


async def test_tc_l_09_csms_secure_firmware_update_installation_failed(bench: Bench) -> None:
    await updated(bench, *VERIFIED, "Installing", "InstallationFailed")


async def test_tc_l_10_csms_secure_firmware_update_accepted_canceled(bench: Bench) -> None:
    station = await bench.station()
    await answered(bench, await update(bench, station, 1, "Accepted"))
    await tells(station, 1, "Downloading")
    await answered(bench, await update(bench, station, 2, "AcceptedCanceled"))
    assert (await job(bench, station, 1))["status"] == "Canceled"
    await tells(station, 2, *VERIFIED, "Installing", "Installed")
    assert (await job(bench, station, 2))["status"] == "Installed"
    assert (await job(bench, station, 1))["status"] == "Canceled"


async def test_tc_l_11_csms_secure_firmware_update_that_cannot_be_cancelled(bench: Bench) -> None:
    station = await bench.station()
    await answered(bench, await update(bench, station, 1, "Accepted"))
    await tells(station, 1, *VERIFIED, "Installing")
    await answered(bench, await update(bench, station, 2, "Rejected"), "Rejected")
    await tells(station, 1, "Installed")
    assert (await job(bench, station, 1))["status"] == "Installed"
    assert (await job(bench, station, 2))["status"] == "Rejected"


async def test_tc_l_13_csms_firmware_update_waits_for_the_transaction(bench: Bench) -> None:
    station = await bench.station()
    started = {
        "eventType": "Started",
        "timestamp": "2026-03-01T08:00:00Z",
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "transactionInfo": {
            "transactionId": f"tx-{station.station_id}",
            "chargingState": "Charging",
        },
        "evse": {"id": 1, "connectorId": 1},
    }
    await station.call("TransactionEvent", started)
    await answered(bench, await update(bench, station, 7, "Accepted"))
    await tells(station, 7, *VERIFIED, "InstallScheduled")
    ended = started | {
        "eventType": "Ended",
        "timestamp": "2026-03-01T09:00:00Z",
        "triggerReason": "EVCommunicationLost",
        "seqNo": 1,
    }
    await station.call("TransactionEvent", ended)
    await station.call(
        "StatusNotification",
        {
            "timestamp": "2026-03-01T09:00:05Z",
            "connectorStatus": "Unavailable",
            "evseId": 1,
            "connectorId": 1,
        },
    )
    await tells(station, 7, "Installing", "Installed")
    assert (await job(bench, station, 7))["status"] == "Installed"
    assert (await bench.hub.row(tables.connector, station.station_id))["status"] == "Unavailable"

    async def over() -> bool:
        rows = await bench.hub.rows(tables.transaction, station.station_id)
        return bool(rows) and rows[0]["ended_at"] is not None

    await until(over)


async def published(bench: Bench, *told: Payload) -> None:
    """A local controller takes a firmware, and tells how it goes."""
    station = await bench.station()
    payload = {"requestId": 3, "location": FIRMWARE["location"], "checksum": CHECKSUM}
    asked = await bench.command(station, "PublishFirmware", payload)
    assert await station.expect("PublishFirmware", {"status": "Accepted"}) == payload
    await answered(bench, asked)
    for one in told:
        notified = {"requestId": 3, **one}
        assert await station.call("PublishFirmwareStatusNotification", notified) == {}
    statuses = [one["status"] for one in told]
    assert await timeline(bench, station, 3) == ["Accepted", *statuses]
    kept = await job(bench, station, 3)
    assert (kept["kind"], kept["status"]) == ("PublishFirmware", statuses[-1])
    rows = await bench.hub.rows(tables.station_job_status, station.station_id)
    (last,) = [row for row in rows if row["status"] == statuses[-1]]
    assert last["detail"].get("location") == told[-1].get("location")


def steps(*statuses: str) -> list[Payload]:
    return [{"status": status} for status in statuses]


async def test_tc_l_17_csms_publish_firmware_published(bench: Bench) -> None:
    done = {"status": "Published", "location": ["https://controller.local/one-2.4.bin"]}
    await published(bench, *steps("Downloading", "Downloaded", "ChecksumVerified"), done)


async def test_tc_l_19_csms_publish_firmware_invalid_checksum(bench: Bench) -> None:
    await published(bench, *steps("Downloading", "Downloaded", "InvalidChecksum"))


async def test_tc_l_20_csms_publish_firmware_publish_failed(bench: Bench) -> None:
    await published(bench, *steps("Downloading", "Downloaded", "ChecksumVerified", "PublishFailed"))


async def test_tc_l_24_csms_publish_firmware_download_failed(bench: Bench) -> None:
    await published(bench, *steps("Downloading", "DownloadFailed"))


async def unpublished(bench: Bench, status: str, reason: str | None) -> None:
    station = await bench.station()
    asked = await bench.command(station, "UnpublishFirmware", {"checksum": CHECKSUM})
    told = await station.expect("UnpublishFirmware", {"status": status})
    assert told == {"checksum": CHECKSUM}
    await answered(bench, asked, reason)


async def test_tc_l_21_csms_unpublish_firmware_unpublished(bench: Bench) -> None:
    await unpublished(bench, "Unpublished", None)


async def test_tc_l_22_csms_unpublish_firmware_no_firmware(bench: Bench) -> None:
    await unpublished(bench, "NoFirmware", "NoFirmware")


async def test_tc_l_23_csms_unpublish_firmware_download_ongoing(bench: Bench) -> None:
    await unpublished(bench, "DownloadOngoing", "DownloadOngoing")
