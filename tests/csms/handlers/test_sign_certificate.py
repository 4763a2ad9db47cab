"""A02, A03."""

from pathlib import Path

import pytest

from csms.domain.facts import Noticed
from csms.domain.facts_security import CertificateRequested
from tests import pki


@pytest.fixture(scope="module")
def csr(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("csr")
    return lambda name="cs1", organization="Acme", key="ec": pki.signing_request(
        folder, name, organization, key
    )


async def test_a02_a_good_request_leaves_a_command_to_sign_it(hub, csr):
    pem = csr()
    payload = {"csr": pem, "certificateType": "ChargingStationCertificate"}
    assert await hub.tell("SignCertificate", payload) == {"status": "Accepted"}
    (command,) = hub.store.commands
    assert (command.kind, command.payload["csr"]) == ("IssueCertificate", pem)
    (asked,) = hub.kept(CertificateRequested)
    assert (asked.status, asked.certificate_type) == ("requested", "ChargingStationCertificate")


async def test_a02_fr_17_a_request_repeated_is_signed_once(hub, csr):
    pem = csr()
    for _ in range(3):
        assert await hub.tell("SignCertificate", {"csr": pem}) == {"status": "Accepted"}
        hub.later(60)
    assert len(hub.store.commands) == 1
    assert len({asked.certificate_id for asked in hub.kept(CertificateRequested)}) == 1


async def test_a02_fr_17_a_request_repeated_after_its_time_is_signed_again(hub, csr):
    """The first command was refused, or ran out, unheard by the station."""
    pem = csr()
    for _ in range(2):
        assert await hub.tell("SignCertificate", {"csr": pem}) == {"status": "Accepted"}
        hub.later(3600)
    assert len(hub.store.commands) == 2
    assert len({command.payload["certificate_id"] for command in hub.store.commands}) == 1


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"name": "cs2"}, "common_name_is_not_the_station"),
        ({"organization": "Other"}, "organization_is_not_ours"),
        ({"key": "rsa:1024"}, "key_too_weak"),
        ({"key": "k1"}, "key_algorithm_not_allowed"),
    ],
)
async def test_a02_fr_12_a_request_that_is_not_theirs_is_rejected_with_a_notice(
    hub, csr, asked, reason
):
    hub.store.security.organization = "Acme"
    told = await hub.tell("SignCertificate", {"csr": csr(**asked)})
    assert told["status"] == "Rejected"
    assert told["statusInfo"] == {"reasonCode": "InvalidCSR", "additionalInfo": reason}
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.severity) == ("SignCertificate", "warning")
    assert notice.payload["refused"] == reason
    assert hub.store.commands == []


async def test_a02_a_key_that_is_not_proven_is_rejected(hub, csr):
    hub.store.security.forged = True
    told = await hub.tell("SignCertificate", {"csr": csr()})
    assert told["statusInfo"]["additionalInfo"] == "csr_signature_wrong"


@pytest.mark.parametrize("text", ["", "not PEM", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"])
async def test_a02_what_is_no_request_is_rejected(hub, text):
    told = await hub.tell("SignCertificate", {"csr": text})
    assert told["statusInfo"] == {"reasonCode": "InvalidCSR", "additionalInfo": "csr_unreadable"}


async def test_a02_without_the_authority_the_station_asks_again_and_is_served(hub, csr):
    pem = csr()
    hub.store.security.away = True
    told = await hub.tell("SignCertificate", {"csr": pem})
    assert (told["status"], told["statusInfo"]["reasonCode"]) == ("Rejected", "InternalError")
    hub.store.security.away = False
    assert await hub.tell("SignCertificate", {"csr": pem}) == {"status": "Accepted"}
    assert len(hub.store.commands) == 1
