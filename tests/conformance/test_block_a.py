"""Block A: security. Sockets, TLS and certificates are real."""

import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.exceptions import InvalidStatus

from csms.domain.certificates import read_chain
from csms.domain.commands import CommandStatus
from csms.store import tables
from tests import pki
from tests.conformance.conftest import Bench, shared_loop_fixture, until
from tests.conformance.station import CallRefusedError, ScriptedStation, connected
from tests.conformance.tls import TlsBench, tls_bench

pytestmark = pytest.mark.integration

NOW = "2026-03-01T08:00:00Z"


@shared_loop_fixture()
async def tls(
    database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> AsyncIterator[TlsBench]:
    async with tls_bench(database_url, redis_url, engine, tmp_path) as bench:
        yield bench


async def admitted(url: str, identity: tuple[str, str], **more: object) -> bool:
    """Whether the csms lets such a station in, and then answers it; else it says 401 or 403."""
    try:
        async with connected(url, *identity, **more) as station:
            with suppress(CallRefusedError):  # one that never booted
                await station.call("Heartbeat", {})
            return True
    except InvalidStatus as refused:
        return refused.response.status_code not in (401, 403)


async def status_of(bench: Bench, station: ScriptedStation) -> str:
    """Of the station's only certificate."""
    return str((await bench.hub.row(tables.station_certificate, station.station_id))["status"])


async def test_tc_a_01_csms_basic_authentication_with_the_right_password(bench: Bench) -> None:
    identity = await bench.hub.new_station()
    station = await bench.stack.enter_async_context(connected(bench.hub.url, *identity))
    await station.boot()
    row = await bench.hub.row(tables.charging_station, station.station_id)
    assert (row["connected"], row["registration_status"]) == (True, "Accepted")


async def test_tc_a_02_csms_basic_authentication_with_another_stations_name(bench: Bench) -> None:
    (one, _), (other, password) = await bench.hub.new_station(), await bench.hub.new_station()
    with pytest.raises(InvalidStatus) as refused:
        async with connected(bench.hub.url, one, password):
            pass
    assert refused.value.response.status_code == 401
    url = f"{bench.hub.url}/{one}?as="  # the user is not the identity in the URL
    with pytest.raises(InvalidStatus) as mismatched:
        async with connected(url, other, password, process_exception=lambda _: None):
            pass
    assert mismatched.value.response.status_code == 401
    assert not (await bench.hub.row(tables.charging_station, one))["connected"]


async def test_tc_a_03_csms_basic_authentication_with_a_wrong_password(bench: Bench) -> None:
    station_id, password = await bench.hub.new_station()
    with pytest.raises(InvalidStatus) as refused:
        async with connected(bench.hub.url, station_id, password[:-1]):
            pass
    assert refused.value.response.status_code == 401
    assert not (await bench.hub.row(tables.charging_station, station_id))["connected"]


async def test_tc_a_04_csms_tls_with_a_server_certificate(tls: TlsBench) -> None:
    identity = await tls.hub.new_station()
    context = pki.client_context(tls.folder / "root.pem")
    station = await tls.join(tls.tls_url, identity, context, booted=True)
    shown = station.socket.transport.get_extra_info("ssl_object")
    assert shown.version() in ("TLSv1.2", "TLSv1.3")
    assert shown.compression() is None
    row = await tls.hub.row(tables.station_security, identity[0])
    assert row["security_profile"] == 2
    with pytest.raises(ssl.SSLCertVerificationError):  # a station that does not trust our root
        await tls.join(tls.tls_url, identity, ssl.create_default_context())


@pytest.mark.parametrize(
    "cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]
)
async def test_tc_a_04_csms_tls_with_the_suites_of_the_standard(tls: TlsBench, cipher: str) -> None:
    context = pki.client_context(tls.folder / "root.pem", ciphers=cipher)
    station = await tls.join(tls.tls_url, await tls.hub.new_station(), context, booted=True)
    shown = station.socket.transport.get_extra_info("ssl_object")
    assert shown.cipher()[0] == cipher


async def test_tc_a_06_csms_refuses_a_tls_version_that_is_too_low(tls: TlsBench) -> None:
    context = pki.client_context(tls.folder / "root.pem")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    station_id, password = await tls.hub.new_station()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await tls.join(tls.tls_url, (station_id, password), context)
    assert not (await tls.hub.row(tables.charging_station, station_id))["connected"]
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # nothing else kept it out
    assert await admitted(tls.tls_url, (station_id, password), ssl=context)


async def test_tc_a_07_csms_client_certificate_of_the_station(tls: TlsBench) -> None:
    station_id, password = await tls.hub.new_station()
    shown = await own_certificate(tls, station_id, password)
    context = pki.client_context(tls.folder / "root.pem", shown)
    station = await tls.join(tls.tls_url, (station_id, "no password"), context, booted=True)
    row = await tls.hub.row(tables.station_security, station.station_id)
    assert row["security_profile"] == 3
    assert not await admitted(tls.hub.url, (station_id, password))


async def test_tc_a_08_csms_client_certificate_that_is_not_good(tls: TlsBench) -> None:
    """Of another root: TLS ends. Of another station, or taken back: the gate refuses."""
    station_id, password = await tls.hub.new_station()
    other_id, other_password = await tls.hub.new_station()
    server_root = tls.folder / "root.pem"
    stranger = pki.root(tls.folder, "stranger").client(station_id)
    context = pki.client_context(server_root, stranger, pki.TLS12_SUITE)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await tls.join(tls.tls_url, (station_id, password), context)
    others = await own_certificate(tls, other_id, other_password)
    context = pki.client_context(server_root, others)
    assert not await admitted(tls.tls_url, (station_id, password), ssl=context)
    assert not (await tls.hub.row(tables.charging_station, station_id))["connected"]


async def own_certificate(tls: TlsBench, station_id: str, password: str) -> tuple[Path, Path]:
    """What a station gets by SignCertificate on the plain line, and its key."""
    station = await tls.join(tls.hub.url, (station_id, password), booted=True)
    csr = pki.signing_request(tls.folder, station_id)
    assert (await station.call("SignCertificate", {"csr": csr}))["status"] == "Accepted"
    chain = (await station.heard_of("CertificateSigned"))["certificateChain"]
    file = tls.folder / f"{station_id}.pem"
    file.write_text(chain)
    await station.socket.close()
    return file, tls.folder / f"{station_id}.key"


async def test_tc_a_09_csms_password_update_accepted(bench: Bench) -> None:
    station_id, old = await bench.hub.new_station()
    station = await bench.stack.enter_async_context(connected(bench.hub.url, station_id, old))
    await station.boot()
    asked = await bench.command(station, "RenewPassword", {})
    told = await station.heard_of("SetVariables", 2)  # the first was the provisioning
    (one,) = told["setVariableData"]
    assert (one["component"], one["variable"]) == (
        {"name": "SecurityCtrlr"},
        {"name": "BasicAuthPassword"},
    )
    new = one["attributeValue"]
    assert 16 <= len(new) <= 40
    assert new != old
    outcome = await bench.outcome(asked)
    assert outcome.status is CommandStatus.CONFIRMED
    assert new not in str(outcome)
    await station.socket.close()
    assert await admitted(bench.hub.url, (station_id, new))
    assert not await admitted(bench.hub.url, (station_id, old))


async def test_tc_a_10_csms_password_update_rejected(bench: Bench) -> None:
    station_id, old = await bench.hub.new_station()
    station = await bench.stack.enter_async_context(connected(bench.hub.url, station_id, old))
    await station.boot()

    def rejected(payload: dict[str, object]) -> dict[str, object]:
        (one,) = payload["setVariableData"]  # type: ignore[misc]
        result = {"component": one["component"], "variable": one["variable"]}  # type: ignore[index]
        return {"setVariableResult": [{"attributeStatus": "Rejected", **result}]}

    station.answers["SetVariables"] = rejected
    asked = await bench.command(station, "RenewPassword", {})
    new = (await station.heard_of("SetVariables", 2))["setVariableData"][0]["attributeValue"]
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Rejected")
    await station.socket.close()
    assert not await admitted(bench.hub.url, (station_id, new))
    assert await admitted(bench.hub.url, (station_id, old))


def uses_of(chain: str) -> set[x509.ObjectIdentifier]:
    """What the first certificate of a chain is good for."""
    extensions = read_chain(chain)[0].whole.extensions
    return set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


async def certificate_update(
    bench: TlsBench, trigger: str, use: str | None, answer: str = "Accepted"
) -> tuple[ScriptedStation, str]:
    """Asked for, requested, signed, sent and answered; the chain that was sent."""
    station = await bench.join(bench.hub.url, await bench.hub.new_station(), booted=True)
    station.answers["CertificateSigned"] = {"status": answer}
    asked = await bench.command(station, "TriggerMessage", {"requestedMessage": trigger})
    assert (await station.heard_of("TriggerMessage", 2))["requestedMessage"] == trigger
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    csr = pki.signing_request(bench.folder, station.station_id)
    payload = {"csr": csr} | ({"certificateType": use} if use else {})
    assert await station.call("SignCertificate", payload) == {"status": "Accepted"}
    signed = await station.heard_of("CertificateSigned")
    assert signed.get("certificateType") == use
    return station, signed["certificateChain"]


@pytest.mark.parametrize("key", ["ec", "rsa:2048"])
async def test_tc_a_11_csms_update_of_the_charging_station_certificate(
    tls: TlsBench, key: str
) -> None:
    use = "ChargingStationCertificate"
    station, chain = await certificate_update(tls, "SignChargingStationCertificate", use)
    certificate = read_chain(chain)[0]
    assert certificate.common_names == (station.station_id,)
    extensions = certificate.whole.extensions
    assert uses_of(chain) == {ExtendedKeyUsageOID.CLIENT_AUTH}
    # the request asked for more, and for another name
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert x509.SubjectAlternativeName.oid not in {one.oid for one in extensions}

    async def accepted() -> bool:
        return await status_of(tls, station) == "accepted"

    await until(accepted)
    row = await tls.hub.row(tables.station_certificate, station.station_id)
    assert (row["certificate_type"], row["serial_number"]) == (use, certificate.serial_number)
    assert row["not_after"] == certificate.not_after
    # the old one still works, and so does the new one
    again = pki.signing_request(tls.folder, station.station_id, key=key)
    assert (await station.call("SignCertificate", {"csr": again}))["status"] == "Accepted"
    await station.heard_of("CertificateSigned", 2)
    assert len(await tls.hub.rows(tables.station_certificate, station.station_id)) == 2


async def test_tc_a_12_csms_update_of_the_v2g_certificate(tls: TlsBench) -> None:
    _, chain = await certificate_update(tls, "SignV2GCertificate", "V2GCertificate")
    (v2g,) = read_chain((tls.folder / "state/pki/v2g/certificate.pem").read_text())
    (station_root,) = read_chain((tls.folder / "state/pki/station/certificate.pem").read_text())
    assert read_chain(chain)[0].issuer == v2g.subject != station_root.subject
    assert uses_of(chain) == {ExtendedKeyUsageOID.SERVER_AUTH}


async def test_tc_a_13_csms_update_of_a_combined_certificate(tls: TlsBench) -> None:
    _, chain = await certificate_update(tls, "SignCombinedCertificate", None)
    assert uses_of(chain) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}


async def test_tc_a_14_csms_update_with_a_certificate_that_the_station_rejects(
    tls: TlsBench,
) -> None:
    use = "ChargingStationCertificate"
    station, _ = await certificate_update(tls, "SignChargingStationCertificate", use, "Rejected")
    event = {"type": "InvalidChargingStationCertificate", "timestamp": NOW}
    assert await station.call("SecurityEventNotification", event) == {}

    async def rejected() -> bool:
        return await status_of(tls, station) == "rejected"

    await until(rejected)
    notices = await tls.hub.rows(tables.station_notice, station.station_id)
    assert [one["severity"] for one in notices if one["payload"] == event] == ["warning"]


async def test_tc_a_19_csms_upgrade_of_the_security_profile(tls: TlsBench) -> None:
    identity = await tls.hub.new_station()
    station = await tls.join(tls.hub.url, identity, booted=True)
    station.answers["GetVariables"] = lambda asked: {
        "getVariableResult": [
            {"attributeStatus": "Accepted", "attributeValue": "0", **asked["getVariableData"][0]}
        ]
    }
    profile = {
        "configurationSlot": 1,
        "connectionData": {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": tls.tls_url,
            "messageTimeout": 30,
            "securityProfile": 2,
            "ocppInterface": "Wired0",
        },
    }
    station.answers["SetNetworkProfile"] = station.answers["Reset"] = {"status": "Accepted"}
    asked = await tls.command(station, "UpgradeSecurityProfile", profile)
    assert await station.heard_of("SetNetworkProfile") == profile
    (one,) = (await station.heard_of("SetVariables", 2))["setVariableData"]
    assert one["variable"] == {"name": "NetworkConfigurationPriority"}
    assert one["attributeValue"] == "1,0"
    assert await station.heard_of("Reset") == {"type": "OnIdle"}
    assert (await tls.outcome(asked)).status is CommandStatus.CONFIRMED
    await station.socket.close()
    assert await tls.hub.rows(tables.station_security, station.station_id) == []

    context = pki.client_context(tls.folder / "root.pem")
    station = await tls.join(tls.tls_url, identity, context, booted=True)
    row = await tls.hub.row(tables.station_security, station.station_id)
    assert row["security_profile"] == 2
    assert not await admitted(tls.hub.url, identity)  # A05.FR.07
    lower = profile | {"connectionData": profile["connectionData"] | {"securityProfile": 1}}  # type: ignore[operator]
    asked = await tls.command(station, "UpgradeSecurityProfile", lower)
    outcome = await tls.outcome(asked)
    assert outcome.reason == "less_security: the station has come with profile 2"
    assert [action for action, _ in station.heard].count("SetNetworkProfile") == 0
