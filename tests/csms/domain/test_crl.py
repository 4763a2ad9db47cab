"""RFC 5280: whose list counts, when, and for what."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA224
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from csms.clock import wall_now
from csms.domain.certificates import DerFault, certificate_hash, read_chain
from csms.domain.crl import read_list
from tests import pki

URL = "http://lists.example/ca.crl"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def leaf(issuer):
    (made,) = read_chain(issuer.client("cs-8")[0].read_text())
    return made


@pytest.fixture(scope="module")
def asked(issuer, leaf):
    (root,) = read_chain(issuer.certificate.read_text())
    return certificate_hash(leaf, root)


def read(told, asked, *issuers, at=None):
    return read_list(told, asked, [one.issuer for one in issuers], URL, at or wall_now())


def test_m07_fr_06_and_07_who_is_listed_is_revoked_and_who_is_not_is_good(issuer, leaf, asked):
    until = (wall_now() + 3 * HOUR).replace(microsecond=0)
    listed = pki.revocation_list(issuer, 5, leaf.whole.serial_number, until=until)
    assert read(listed, asked, issuer).state == "revoked"
    answer = read(pki.revocation_list(issuer, 5, until=until), asked, issuer)
    assert (answer.state, answer.until) == ("good", until)


def test_a_list_in_pem_is_read_too(issuer, leaf, asked):
    told = pki.revocation_list(issuer, leaf.whole.serial_number)
    pem = x509.load_der_x509_crl(told).public_bytes(Encoding.PEM)
    assert read(pem, asked, issuer).state == "revoked"


def test_a_list_that_somebody_else_signed_says_nothing(issuer, stranger, asked):
    with pytest.raises(DerFault, match="did not sign"):
        read(pki.revocation_list(stranger), asked, stranger, issuer)
    with pytest.raises(DerFault, match="who issued"):
        read(pki.revocation_list(issuer), asked, stranger)


def test_a_list_with_another_name_says_nothing(issuer, asked, tmp_path):
    other = pki.Root(tmp_path, "other")  # another name, but the very same key
    other.key.write_bytes(issuer.key.read_bytes())
    named = pki.name_of("other")
    key = issuer.signer
    other.certificate.write_text(pki.signed(named, key.public_key(), named, key, [pki.AUTHORITY]))
    with pytest.raises(DerFault, match="did not sign"):
        read(pki.revocation_list(other), asked, issuer)


def test_an_issuer_whose_key_is_not_for_lists_signs_none(issuer):
    usage = x509.KeyUsage(True, False, False, False, False, True, False, False, False)
    between = issuer.authority("between", usage)
    (leaf,) = read_chain(between.client("cs-9")[0].read_text())
    (authority,) = read_chain(between.certificate.read_text())
    with pytest.raises(DerFault, match="did not sign"):
        read(pki.revocation_list(between), certificate_hash(leaf, authority), between)


def test_a_signature_that_can_be_forged_says_nothing(issuer, asked):
    with pytest.raises(DerFault, match="forged"):
        read(pki.revocation_list(issuer, digest=SHA224()), asked, issuer)


@pytest.mark.parametrize("hours", [-2, 5])
def test_a_list_counts_from_its_update_to_the_next(issuer, asked, hours):
    at = wall_now()
    told = pki.revocation_list(issuer, at=at, until=at + 3 * HOUR)
    assert read(told, asked, issuer, at=at + HOUR).state == "good"
    with pytest.raises(DerFault, match="not of now"):
        read(told, asked, issuer, at=at + hours * HOUR)


def point(url=None, **more):
    said = {
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    full = None if url is None else [x509.UniformResourceIdentifier(url)]
    return x509.IssuingDistributionPoint(full_name=full, **{**said, **more})


def test_a_list_of_this_distribution_point_is_whole(issuer, asked):
    told = pki.revocation_list(issuer, extensions=[(point(URL), True), (x509.CRLNumber(7), False)])
    assert read(told, asked, issuer).state == "good"


@pytest.mark.parametrize(
    "extension",
    [
        point("http://lists.example/others.crl"),
        point(URL, only_contains_ca_certs=True),
        point(URL, only_contains_user_certs=True),
        point(only_contains_attribute_certs=True),
        point(URL, indirect_crl=True),
        point(URL, only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
        x509.DeltaCRLIndicator(6),
    ],
)
def test_5_2_of_what_a_list_leaves_out_nothing_is_known(issuer, asked, extension):
    told = pki.revocation_list(issuer, extensions=[(extension, True)])
    with pytest.raises(DerFault, match="a list"):
        read(told, asked, issuer)


@pytest.mark.parametrize("serial_number", ["", "zz", "-5"])
def test_what_names_no_certificate_is_refused(issuer, asked, serial_number):
    with pytest.raises(DerFault):
        read(pki.revocation_list(issuer), replace(asked, serial_number=serial_number), issuer)


@given(place=st.integers(0, 10_000), bits=st.integers(1, 255))
def test_whatever_bytes_come_it_is_a_list_or_a_fault(issuer, asked, place, bits):
    told = bytearray(pki.revocation_list(issuer, 5))
    told[place % len(told)] ^= bits
    with suppress(DerFault):
        assert read(bytes(told), asked, issuer).state == "good"
