"""What certificates say, which requests may be signed, and bytes that are neither."""

import base64
import hashlib
from contextlib import suppress
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from csms.clock import wall_now
from csms.domain.certificates import (
    CsrRefusal,
    DerFault,
    certificate_hash,
    csr_refusal,
    read_chain,
    read_csr,
)
from csms.domain.ocsp import read_answer, request_for
from tests import pki

CSR = """-----BEGIN CERTIFICATE REQUEST-----
MIHZMIGAAgEAMB4xDTALBgNVBAoMBEFjbWUxDTALBgNVBAMMBGNzLTEwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAARf+QRWMmO1CqRJw2CUo7EfsrB0whLq5harAijk
KH7BW5HbuxnvO+v1UjHoQRcv/tKE+rd67GxHUVhxbzz8KKScoAAwCgYIKoZIzj0E
AwIDSAAwRQIgHfxTivn12ZzbYC8zCebKzkQQ670D4r+a9hz1LijyWJMCIQDmWyuo
Zma0GcTWQV+mvCCHMc3Yw3aGTMGmFGwNjat4VQ==
-----END CERTIFICATE REQUEST-----
"""
NAMED = read_chain(
    """-----BEGIN CERTIFICATE-----
MIIBlzCCAT2gAwIBAgIUS0RdKQLWqf0aQQqRRqEMmEllEE4wCgYIKoZIzj0EAwIw
ITENMAsGA1UECgwEQWNtZTEQMA4GA1UEAwwHZXhhbXBsZTAeFw0yNjExMjMwMzI5
MzhaFw0zNjExMjAwMzI5MzhaMCExDTALBgNVBAoMBEFjbWUxEDAOBgNVBAMMB2V4
YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATH1LvVEtobzUCeE3nY/o23
73G26tMijVQOFxq2b42gWs0D8L/Kk2MQwtiuO7lDCrslNCzl9eP3K9bla7ZP/fxL
o1MwUTAdBgNVHQ4EFgQUTputFGNH5CezIJjwP9iDybzgdq0wHwYDVR0jBBgwFoAU
TputFGNH5CezIJjwP9iDybzgdq0wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD
AgNIADBFAiEAxmp99WAL70cvQj1+X98cD7g3gIVcCGc+h3G+xpaqPXYCIGEN3mbZ
+48Skf//hywOXxATsBd8MhsVZUF5+KAIBvKE
-----END CERTIFICATE-----
"""
)[0]
OCSP_REQUEST = (  # of OpenSSL, for the certificate above
    "MHEwbzBtMGswaTANBglghkgBZQMEAgEFAAQgWZbd+OJ0pD0FywqkxwyZBCZlR+TdMfzybxqF3rDJ10sE"
    "IN1iKMuOA6kesfisMcLPQc/cqPsTQMFCgDq0Bmwffl+qAhRLRF0pAtap/RpBCpFGoQyYSWUQTg=="
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return pki.root(tmp_path_factory.mktemp("pki"))


@given(st.binary(max_size=200), st.integers(0, 800))
def test_a_damaged_request_is_a_fault_and_nothing_else(noise, at):
    body = base64.b64decode("".join(CSR.strip().splitlines()[1:-1]))
    damaged = base64.encodebytes(body[:at] + noise + body[at:]).decode()
    with suppress(DerFault):
        read_csr(f"-----BEGIN CERTIFICATE REQUEST-----\n{damaged}-----END CERTIFICATE REQUEST-----")


@pytest.mark.parametrize(
    "pem",
    [
        CSR.replace("\n", "\r\n"),
        CSR.replace("\n", "\\n"),
        CSR.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
        f"Subject: CN = cs-1\n{CSR}",
    ],
)
def test_a_request_may_come_in_any_usual_dress(pem):
    assert read_csr(pem) == read_csr(CSR)


@pytest.mark.parametrize("pem", ["", CSR * 2, CSR[:-40], CSR.replace("MIHZ", "M*HZ")])
def test_what_is_not_exactly_one_whole_request_is_a_fault(pem):
    with pytest.raises(DerFault):
        read_csr(pem)


def test_an_edwards_key_is_a_key_that_we_do_not_sign():
    key = Ed25519PrivateKey.generate()
    asked = x509.CertificateSigningRequestBuilder().subject_name(pki.name_of("cs-1"))
    pem = asked.sign(key, None).public_bytes(Encoding.PEM).decode()
    assert csr_refusal(read_csr(pem), {"cs-1"}, "Acme") is CsrRefusal.KEY_UNKNOWN


@pytest.mark.parametrize(
    ("key", "bits"), [("ec", 256), ("p384", 384), ("rsa:2048", 2048), ("rsa:1024", 1024)]
)
def test_a_request_says_who_asks_with_which_key(root, key, bits):
    told = read_csr(pki.signing_request(root.folder, "cs-1", "Acme", key))
    assert (told.common_names, told.organizations) == (("cs-1",), ("Acme",))
    assert told.key.bits == bits


@pytest.mark.parametrize(
    ("name", "organization", "key", "why"),
    [
        ("cs-1", "Acme", "ec", None),
        ("cs-1", "Acme", "rsa:2048", None),
        ("cs-2", "Acme", "ec", CsrRefusal.WRONG_COMMON_NAME),
        ("cs-1", "Other", "ec", CsrRefusal.WRONG_ORGANIZATION),
        ("cs-1", "Acme", "rsa:1024", CsrRefusal.KEY_TOO_WEAK),
        ("cs-1", "Acme", "k1", CsrRefusal.KEY_UNKNOWN),
    ],
)
def test_only_a_station_of_ours_with_a_good_key_is_signed(root, name, organization, key, why):
    told = read_csr(pki.signing_request(root.folder, name, organization, key))
    assert csr_refusal(told, {"cs-1"}, "Acme") is why
    if why is CsrRefusal.WRONG_ORGANIZATION:
        assert csr_refusal(told, {"cs-1"}, None) is None


def test_a_certificate_says_who_issued_it_and_until_when(root):
    (issuer,) = read_chain(root.certificate.read_text())
    file, _ = root.client("cs-9")
    chain = read_chain(file.read_text() + root.certificate.read_text())
    assert len(chain) == 2
    leaf = chain[0]
    assert leaf.common_names == ("cs-9",)
    assert leaf.issuer == issuer.subject
    assert (issuer.self_issued, leaf.self_issued) == (True, False)
    assert leaf.not_before <= wall_now() < leaf.not_after
    assert leaf.serial_number == f"{leaf.whole.serial_number:x}"


def test_the_hashes_are_those_that_ocsp_uses(root):
    (issuer,) = read_chain(root.certificate.read_text())
    file, _ = root.client("cs-8")
    named = certificate_hash(read_chain(file.read_text())[0], issuer, "SHA384")
    name = issuer.subject.public_bytes()
    key = root.signer.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert named.issuer_name_hash == hashlib.sha384(name).hexdigest()
    assert named.issuer_key_hash == hashlib.sha384(key).hexdigest()


def test_the_request_is_the_one_that_others_make():
    asked = certificate_hash(NAMED, NAMED)
    assert base64.b64encode(request_for(asked)).decode() == OCSP_REQUEST


@pytest.mark.parametrize(
    "change",
    [
        {"hash_algorithm": "MD5"},
        {"issuer_name_hash": "aa"},
        {"issuer_key_hash": "no hash"},
        {"serial_number": "-1"},
        {"serial_number": "xyz"},
    ],
)
def test_what_are_no_hashes_is_not_asked(change):
    with pytest.raises(DerFault):
        request_for(replace(certificate_hash(NAMED, NAMED), **change))


@given(st.binary(max_size=300))
def test_a_responder_that_says_anything_does_no_harm(data):
    issuer = certificate_hash(NAMED, NAMED)
    with pytest.raises(DerFault):
        read_answer(data, issuer, [NAMED.whole], wall_now())
