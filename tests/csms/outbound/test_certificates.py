"""M: what a station says of its certificates is what the hub knows of them."""

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.facts_security import (
    CertificateDeleted,
    CertificateInstalled,
    InstalledCertificatesTold,
)
from tests import pki

HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa",
    "issuerKeyHash": "bb",
    "serialNumber": "1f",
}


def kept(bench, kind):
    return [fact for fact in bench.store.facts if isinstance(fact, kind)]


async def test_m05_what_is_no_certificate_is_not_sent(bench):
    payload = {"certificateType": "CSMSRootCertificate", "certificate": "not PEM"}
    outcome = await bench.run(CommandKind.INSTALL_CERTIFICATE, **payload)
    assert outcome.reason == "bad_payload: not one certificate in PEM"
    assert bench.station.heard == []


async def test_m05_of_a_certificate_below_a_root_only_the_station_knows_the_hashes(bench, tmp_path):
    file, _ = pki.root(tmp_path).client("sub-ca")
    payload = {"certificateType": "V2GRootCertificate", "certificate": file.read_text()}
    outcome = await bench.run(CommandKind.INSTALL_CERTIFICATE, **payload)
    assert outcome.status is CommandStatus.CONFIRMED
    assert kept(bench, CertificateInstalled) == []


async def test_m04_what_is_not_found_is_there_no_longer(bench):
    bench.station.answers["DeleteCertificate"] = {"status": "NotFound"}
    outcome = await bench.run(CommandKind.DELETE_CERTIFICATE, certificateHashData=HASH)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "NotFound")
    (deleted,) = kept(bench, CertificateDeleted)
    assert deleted.certificate.serial_number == "1f"


async def test_hashes_are_the_same_in_either_case(bench):
    shouted = {name: value.upper() for name, value in HASH.items()}
    bench.station.answers["GetInstalledCertificateIds"] = {
        "status": "Accepted",
        "certificateHashDataChain": [
            {"certificateType": "CSMSRootCertificate", "certificateHashData": shouted}
        ],
    }
    await bench.run(CommandKind.GET_INSTALLED_CERTIFICATE_IDS)
    await bench.run(CommandKind.DELETE_CERTIFICATE, certificateHashData=HASH)
    (told,), (deleted,) = kept(bench, InstalledCertificatesTold), kept(bench, CertificateDeleted)
    assert [one.certificate for one in told.certificates] == [deleted.certificate]


async def test_m03_none_found_is_an_answer(bench):
    bench.station.answers["GetInstalledCertificateIds"] = {"status": "NotFound"}
    outcome = await bench.run(
        CommandKind.GET_INSTALLED_CERTIFICATE_IDS, certificateType=["MORootCertificate"]
    )
    assert outcome.status is CommandStatus.CONFIRMED
    (told,) = kept(bench, InstalledCertificatesTold)
    assert (told.certificate_types, told.certificates) == (("MORootCertificate",), ())
