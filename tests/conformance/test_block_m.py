"""Block M: certificates in stations and vehicles. The pool and the responders are real servers."""

import base64
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import wall_now
from csms.domain.certificates import certificate_hash, read_chain
from csms.domain.commands import CommandStatus
from csms.domain.ocsp import read_answer
from csms.store import tables
from tests import pki
from tests.conformance.conftest import Bench, shared_loop_fixture
from tests.conformance.station import Payload, ScriptedStation
from tests.conformance.tls import TlsBench, tls_bench

pytestmark = pytest.mark.integration


def hash_data(serial_number: str = "1f", algorithm: str = "SHA256") -> Payload:
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": "aa" * 32,
        "issuerKeyHash": "bb" * 32,
        "serialNumber": serial_number,
    }


def chain(kind: str, serial_number: str, *children: Payload) -> Payload:
    told: Payload = {"certificateType": kind, "certificateHashData": hash_data(serial_number)}
    return told | ({"childCertificateHashData": list(children)} if children else {})


async def held(bench: Bench, station: ScriptedStation) -> set[tuple[str, str]]:
    """What the hub knows that the station holds: type and serial number."""
    rows = await bench.hub.rows(tables.installed_certificate, station.station_id)
    return {(row["certificate_type"], row["serial_number"]) for row in rows}


async def installed(bench: Bench, folder: Path, kind: str) -> None:
    station = await bench.station()
    pem = pki.root(folder).certificate.read_text()
    payload = {"certificateType": kind, "certificate": pem}
    asked = await bench.command(station, "InstallCertificate", payload)
    assert await station.expect("InstallCertificate", {"status": "Accepted"}) == payload
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    (certificate,) = read_chain(pem)
    expected = certificate_hash(certificate, certificate)
    row = await bench.hub.row(tables.installed_certificate, station.station_id)
    assert row["certificate_type"] == kind
    assert row["issuer_key_hash"] == expected.issuer_key_hash
    assert row["serial_number"] == expected.serial_number


async def test_tc_m_01_csms_install_csms_root_certificate(bench: Bench, tmp_path: Path) -> None:
    await installed(bench, tmp_path, "CSMSRootCertificate")


async def test_tc_m_02_csms_install_manufacturer_root_certificate(
    bench: Bench, tmp_path: Path
) -> None:
    await installed(bench, tmp_path, "ManufacturerRootCertificate")


async def test_tc_m_03_csms_install_v2g_root_certificate(bench: Bench, tmp_path: Path) -> None:
    await installed(bench, tmp_path, "V2GRootCertificate")


async def test_tc_m_04_csms_install_mo_root_certificate(bench: Bench, tmp_path: Path) -> None:
    await installed(bench, tmp_path, "MORootCertificate")


@pytest.mark.parametrize("status", ["Failed", "Rejected"])
async def test_tc_m_05_csms_install_certificate_failed(
    bench: Bench, tmp_path: Path, status: str
) -> None:
    station = await bench.station()
    pem = pki.root(tmp_path).certificate.read_text()
    payload = {"certificateType": "CSMSRootCertificate", "certificate": pem}
    asked = await bench.command(station, "InstallCertificate", payload)
    await station.expect("InstallCertificate", {"status": status})
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, status)
    assert await held(bench, station) == set()


async def retrieved(bench: Bench, types: list[str], told: list[Payload]) -> ScriptedStation:
    station = await bench.station()
    payload = {"certificateType": types} if types else {}
    asked = await bench.command(station, "GetInstalledCertificateIds", payload)
    answer = {"status": "Accepted", "certificateHashDataChain": told}
    assert await station.expect("GetInstalledCertificateIds", answer) == payload
    outcome = await bench.outcome(asked)
    assert outcome.status is CommandStatus.CONFIRMED
    expected = {
        (one["certificateType"], one["certificateHashData"]["serialNumber"]) for one in told
    }
    assert await held(bench, station) == expected
    return station


async def test_tc_m_12_csms_retrieve_csms_root_certificates(bench: Bench) -> None:
    kind = "CSMSRootCertificate"
    await retrieved(bench, [kind], [chain(kind, "a1"), chain(kind, "a2")])


async def test_tc_m_13_csms_retrieve_manufacturer_root_certificates(bench: Bench) -> None:
    kind = "ManufacturerRootCertificate"
    await retrieved(bench, [kind], [chain(kind, "a1")])


async def test_tc_m_14_csms_retrieve_v2g_root_certificates(bench: Bench) -> None:
    await retrieved(bench, ["V2GRootCertificate"], [chain("V2GRootCertificate", "a1")])


async def test_tc_m_15_csms_retrieve_the_v2g_certificate_chain(bench: Bench) -> None:
    kind = "V2GCertificateChain"
    told = chain(kind, "a1", hash_data("b1"), hash_data("b2"))
    station = await retrieved(bench, [kind], [told])
    row = await bench.hub.row(tables.installed_certificate, station.station_id)
    assert [child["serial_number"] for child in row["children"]] == ["b1", "b2"]


async def test_tc_m_16_csms_retrieve_mo_root_certificates(bench: Bench) -> None:
    await retrieved(bench, ["MORootCertificate"], [chain("MORootCertificate", "a1")])


async def test_tc_m_17_csms_retrieve_two_types_of_certificates(bench: Bench) -> None:
    kinds = ["CSMSRootCertificate", "ManufacturerRootCertificate"]
    await retrieved(bench, kinds, [chain(kind, f"a{kind[0].lower()}") for kind in kinds])


async def test_tc_m_18_csms_retrieve_all_types_of_certificates(bench: Bench) -> None:
    kinds = (
        "CSMSRootCertificate",
        "ManufacturerRootCertificate",
        "MORootCertificate",
        "V2GRootCertificate",
        "V2GCertificateChain",
    )
    told = [chain(kind, f"a{number}") for number, kind in enumerate(kinds)]
    station = await retrieved(bench, [], told)
    # what a later, whole report does not name is there no longer
    asked = await bench.command(station, "GetInstalledCertificateIds", {})
    answer = {"status": "Accepted", "certificateHashDataChain": told[:2]}
    await station.expect("GetInstalledCertificateIds", answer)
    await bench.outcome(asked)
    assert await held(bench, station) == {(kinds[0], "a0"), (kinds[1], "a1")}


async def test_tc_m_19_csms_retrieve_certificates_none_found(bench: Bench) -> None:
    kind = "MORootCertificate"
    station = await retrieved(bench, [kind], [chain(kind, "a1")])
    payload = {"certificateType": [kind]}
    asked = await bench.command(station, "GetInstalledCertificateIds", payload)
    await station.expect("GetInstalledCertificateIds", {"status": "NotFound"})
    outcome = await bench.outcome(asked)
    assert outcome.status is CommandStatus.CONFIRMED
    assert outcome.response == {"status": "NotFound"}
    assert await held(bench, station) == set()


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384"])
async def test_tc_m_20_csms_delete_a_certificate(bench: Bench, algorithm: str) -> None:
    kind = "ManufacturerRootCertificate"
    mine = {"certificateType": kind, "certificateHashData": hash_data("a1", algorithm)}
    station = await retrieved(bench, [kind], [mine, chain(kind, "a2")])
    payload = {"certificateHashData": mine["certificateHashData"]}  # as reported: M04.FR.07
    asked = await bench.command(station, "DeleteCertificate", payload)
    assert await station.expect("DeleteCertificate", {"status": "Accepted"}) == payload
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    assert await held(bench, station) == {(kind, "a2")}


async def test_tc_m_21_csms_delete_a_certificate_failed(bench: Bench) -> None:
    kind = "ManufacturerRootCertificate"
    station = await retrieved(bench, [kind], [chain(kind, "a1")])
    asked = await bench.command(
        station, "DeleteCertificate", {"certificateHashData": hash_data("a1")}
    )
    await station.expect("DeleteCertificate", {"status": "Failed"})
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Failed")
    assert await held(bench, station) == {(kind, "a1")}


@contextmanager
def http_server(answers: dict[bytes, tuple[int, bytes]]) -> Iterator[str]:
    """A server that answers a POST by what is in its body, else with 404; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told = next((told for part, told in answers.items() if part in body), (404, b""))
            self.send_response(told[0])
            self.send_header("Content-Length", str(len(told[1])))
            self.end_headers()
            self.wfile.write(told[1])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


EXI_REQUEST = base64.b64encode(b"a request in EXI").decode()
EXI_RESPONSE = base64.b64encode(b"a contract certificate in EXI").decode()


@shared_loop_fixture()
async def with_pool(
    database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> AsyncIterator[TlsBench]:
    told = json.dumps({"exiResponse": EXI_RESPONSE}).encode()
    with http_server({EXI_REQUEST.encode(): (200, told)}) as url:
        settings = {"contract_pool_url": url}
        async with tls_bench(database_url, redis_url, engine, tmp_path, **settings) as bench:
            yield bench


@shared_loop_fixture()
async def tls(
    database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> AsyncIterator[TlsBench]:
    async with tls_bench(database_url, redis_url, engine, tmp_path) as bench:
        yield bench


async def contract(bench: Bench, action: str) -> None:
    station = await bench.station()
    asked = {
        "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
        "action": action,
        "exiRequest": EXI_REQUEST,
    }
    told = await station.call("Get15118EVCertificate", asked)
    assert told == {"status": "Accepted", "exiResponse": EXI_RESPONSE}
    unknown = asked | {"exiRequest": base64.b64encode(b"somebody else").decode()}
    told = await station.call("Get15118EVCertificate", unknown)
    assert (told["status"], told["statusInfo"]["reasonCode"]) == ("Failed", "NoContract")
    notices = await bench.hub.rows(tables.station_notice, station.station_id)
    results = [one["payload"]["result"] for one in notices if one["kind"].startswith("Get15118")]
    assert sorted(results) == ["Accepted", "NoContract"]


async def test_tc_m_26_csms_install_a_contract_certificate_in_a_vehicle(
    with_pool: TlsBench,
) -> None:
    await contract(with_pool, "Install")


async def test_tc_m_28_csms_update_a_contract_certificate_in_a_vehicle(
    with_pool: TlsBench,
) -> None:
    await contract(with_pool, "Update")


async def test_tc_m_24_csms_certificate_status(tls: TlsBench) -> None:
    """Of a V2G certificate that our own authority signed: its OCSP response verifies."""
    station = await tls.station()
    csr = pki.signing_request(tls.folder, station.station_id)
    payload = {"csr": csr, "certificateType": "V2GCertificate"}
    await station.call("SignCertificate", payload)
    signed = await station.expect("CertificateSigned", {"status": "Accepted"})
    pem = signed["certificateChain"]
    root = tls.folder / "state/pki/v2g/certificate.pem"
    (issuer,), certificate = read_chain(root.read_text()), read_chain(pem)[0]
    named = certificate_hash(certificate, issuer)
    asked = pki.hash_data(named) | {"responderURL": "http://ocsp.example/"}
    asked["issuerNameHash"] = named.issuer_name_hash.upper()
    request = {"ocspRequestData": asked}
    told = await station.call("GetCertificateStatus", request)
    assert told["status"] == "Accepted"
    response = base64.b64decode(told["ocspResult"], validate=True)
    assert read_answer(response, named, [], wall_now()).state == "good"
    said = ocsp.load_der_ocsp_response(response)
    key = issuer.whole.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(said.signature, said.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    assert said.serial_number == certificate.whole.serial_number
    # of somebody else's certificate, whose responder we do not know
    asked["issuerKeyHash"] = "cc" * 32
    told = await station.call("GetCertificateStatus", request)
    assert told == {"status": "Failed", "statusInfo": {"reasonCode": "NoResponder"}}
