"""OCPP 1.6 with its security extension: certificates, firmware, logs and security events."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.certificates import read_chain
from csms.domain.commands import CommandStatus
from csms.store import tables
from tests import pki
from tests.conformance.conftest import Bench, shared_loop_fixture, until
from tests.conformance.station import Payload, ScriptedStation, connected
from tests.conformance.tls import TlsBench, tls_bench

pytestmark = pytest.mark.integration

AT = "2026-03-01T08:00:00Z"
ACCEPTED = {"status": "Accepted"}
PLAIN: Payload = {"location": "https://hub.example/fw.bin", "retrieveDateTime": AT}
SIGNED = PLAIN | {"signingCertificate": "PEM", "signature": "c2ln"}
UNKNOWN = {"error": "NotImplemented"}


@shared_loop_fixture()
async def tls(
    database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> AsyncIterator[TlsBench]:
    async with tls_bench(database_url, redis_url, engine, tmp_path) as bench:
        yield bench


async def told_of(bench: Bench, station: ScriptedStation) -> list[str]:
    """What was told of the station's only job, in order."""
    job = await bench.hub.row(tables.station_job, station.station_id)
    lines = await bench.hub.rows(tables.station_job_status, station.station_id)
    assert {line["request_id"] for line in lines} == {job["request_id"]}
    statuses = [line["status"] for line in sorted(lines, key=lambda line: line["at"])]
    assert job["status"] == statuses[-1]
    return statuses


async def test_16_a_certificate_is_asked_for_signed_and_sent(tls: TlsBench) -> None:
    station = await tls.station("1.6")
    station.answers["CertificateSigned"] = ACCEPTED
    wanted = {"requestedMessage": "SignChargingStationCertificate"}
    asked = await tls.command(station, "TriggerMessage", wanted)
    said = await station.expect("ExtendedTriggerMessage", ACCEPTED)
    assert said == {"requestedMessage": "SignChargePointCertificate"}
    assert (await tls.outcome(asked)).status is CommandStatus.CONFIRMED
    csr = pki.signing_request(tls.folder, station.station_id)
    assert await station.call("SignCertificate", {"csr": csr}) == ACCEPTED
    signed = await station.heard_of("CertificateSigned")
    assert set(signed) == {"certificateChain"}
    assert read_chain(signed["certificateChain"])[0].common_names == (station.station_id,)

    async def accepted() -> bool:
        row = await tls.hub.row(tables.station_certificate, station.station_id)
        return bool(row["status"] == "accepted")

    await until(accepted)


async def test_16_a_bad_signing_request_is_rejected(tls: TlsBench) -> None:
    station = await tls.station("1.6")
    assert await station.call("SignCertificate", {"csr": "no"}) == {"status": "Rejected"}


async def test_16_the_password_is_an_authorization_key(bench: Bench) -> None:
    station_id, old = await bench.hub.new_station()
    async with connected(bench.hub.url, station_id, old, "1.6") as station:
        await station.boot()
        asked = await bench.command(station, "RenewPassword", {})
        said = await station.expect("ChangeConfiguration", ACCEPTED)
        assert said["key"] == "AuthorizationKey"
        assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    async with connected(bench.hub.url, station_id, said["value"], "1.6") as station:
        assert await station.call("Heartbeat", {})


async def test_16_roots_are_installed_listed_and_deleted(bench: Bench, tmp_path: Path) -> None:
    station = await bench.station("1.6")
    pem = pki.root(tmp_path).certificate.read_text()
    payload = {"certificateType": "CSMSRootCertificate", "certificate": pem}
    asked = await bench.command(station, "InstallCertificate", payload)
    said = await station.expect("InstallCertificate", ACCEPTED)
    assert said == {"certificateType": "CentralSystemRootCertificate", "certificate": pem}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    row = await bench.hub.row(tables.installed_certificate, station.station_id)
    named = {
        "hashAlgorithm": row["hash_algorithm"],
        "issuerNameHash": row["issuer_name_hash"],
        "issuerKeyHash": row["issuer_key_hash"],
        "serialNumber": row["serial_number"],
    }

    def listed(request: Payload) -> Payload:
        if request["certificateType"] == "ManufacturerRootCertificate":
            return {"status": "NotFound"}
        return {"status": "Accepted", "certificateHashData": [named]}

    station.answers["GetInstalledCertificateIds"] = listed
    asked = await bench.command(station, "GetInstalledCertificateIds", {})
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    assert len(await bench.hub.rows(tables.installed_certificate, station.station_id)) == 1
    asked = await bench.command(station, "DeleteCertificate", {"certificateHashData": named})
    said = await station.expect("DeleteCertificate", ACCEPTED)
    assert said == {"certificateHashData": named}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    assert await bench.hub.rows(tables.installed_certificate, station.station_id) == []


async def test_16_a_security_event_is_kept(bench: Bench) -> None:
    station = await bench.station("1.6")
    event = {"type": "TamperDetectionActivated", "timestamp": AT}
    assert await station.call("SecurityEventNotification", event) == {}
    (notice,) = await bench.hub.rows(tables.station_notice, station.station_id)
    assert (notice["kind"], notice["severity"]) == ("SecurityEventNotification", "warning")
    assert notice["payload"] == event


async def test_16_signed_firmware_and_how_it_goes(bench: Bench) -> None:
    station = await bench.station("1.6")
    payload = {"requestId": 7, "retries": 2, "firmware": SIGNED}
    asked = await bench.command(station, "UpdateFirmware", payload)
    assert await station.expect("SignedUpdateFirmware", ACCEPTED) == payload
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    for status in ("Downloading", "Downloaded", "SignatureVerified", "Installed"):
        told = {"status": status, "requestId": 7}
        assert await station.call("SignedFirmwareStatusNotification", told) == {}
    assert await told_of(bench, station) == [
        "Accepted",
        "Downloading",
        "Downloaded",
        "SignatureVerified",
        "Installed",
    ]


async def test_16_firmware_with_a_bad_certificate_is_refused_by_the_station(bench: Bench) -> None:
    station = await bench.station("1.6")
    payload = {"requestId": 8, "firmware": SIGNED}
    asked = await bench.command(station, "UpdateFirmware", payload)
    await station.expect("SignedUpdateFirmware", {"status": "InvalidCertificate"})
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "InvalidCertificate")
    assert await told_of(bench, station) == ["InvalidCertificate"]


async def test_16_unsigned_firmware_names_no_request_and_is_the_last_one_asked_for(
    bench: Bench,
) -> None:
    station = await bench.station("1.6")
    payload = {"requestId": 9, "firmware": PLAIN}
    asked = await bench.command(station, "UpdateFirmware", payload)
    said = await station.expect("UpdateFirmware", {})
    assert said == {"location": PLAIN["location"], "retrieveDate": AT}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    for status in ("Downloading", "InstallationFailed"):
        assert await station.call("FirmwareStatusNotification", {"status": status}) == {}
    assert await told_of(bench, station) == ["Accepted", "Downloading", "InstallationFailed"]
    notices = await bench.hub.rows(tables.station_notice, station.station_id)
    assert sorted(notice["severity"] for notice in notices) == ["info", "warning"]


async def test_16_a_log_is_uploaded(bench: Bench) -> None:
    station = await bench.station("1.6")
    log = {"remoteLocation": "https://hub.example/logs/1", "oldestTimestamp": AT}
    payload = {"logType": "SecurityLog", "requestId": 5, "log": log}
    asked = await bench.command(station, "GetLog", payload)
    assert await station.expect("GetLog", {"status": "Accepted", "filename": "a.log"}) == payload
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    for status in ("Uploading", "Uploaded"):
        told = {"status": status, "requestId": 5}
        assert await station.call("LogStatusNotification", told) == {}
    assert await told_of(bench, station) == ["Accepted", "Uploading", "Uploaded"]


async def test_16_a_station_without_the_extension_uploads_its_diagnostics(bench: Bench) -> None:
    station = await bench.station("1.6")
    station.answers |= {"GetLog": UNKNOWN, "GetDiagnostics": {"fileName": "diag.zip"}}
    log = {"remoteLocation": "https://hub.example/logs/2"}
    payload = {"logType": "DiagnosticsLog", "requestId": 6, "log": log}
    asked = await bench.command(station, "GetLog", payload)
    said = await station.heard_of("GetDiagnostics")
    assert said == {"location": log["remoteLocation"]}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    for status in ("Uploading", "UploadFailed"):
        assert await station.call("DiagnosticsStatusNotification", {"status": status}) == {}
    assert await told_of(bench, station) == ["Accepted", "Uploading", "UploadFailure"]
