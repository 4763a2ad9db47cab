"""RFC 6960: whose word on a certificate counts, and for how long."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from csms.clock import wall_now
from csms.domain.certificates import DerFault, certificate_hash, read_chain
from csms.domain.ocsp import is_issuer, read_answer
from tests import pki

DELEGATED = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def asked(issuer):
    file, _ = issuer.client("cs-8")
    (leaf,), (root,) = (read_chain(one.read_text()) for one in (file, issuer.certificate))
    return certificate_hash(leaf, root)


def read(told, asked, *issuers, at=None):
    return read_answer(told, asked, [one.issuer for one in issuers], at or wall_now())


@pytest.mark.parametrize("state", list(OCSPCertStatus))
@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_the_issuers_own_word_counts(issuer, state, algorithm):
    (root,) = read_chain(issuer.certificate.read_text())
    asked = certificate_hash(root, root, algorithm)
    told = pki.ocsp_answer(asked, issuer, state)
    answer = read(told, asked, issuer)
    assert (answer.state, answer.response) == (state.name.lower(), told)


def test_the_issuer_is_known_by_the_hashes_wherever_it_comes_from(issuer, stranger, asked):
    told = pki.ocsp_answer(asked, issuer, shown=[stranger, issuer])
    assert read(told, asked, stranger).state == "good"
    assert is_issuer(issuer.issuer, asked)
    assert not is_issuer(stranger.issuer, asked)
    with pytest.raises(DerFault, match="who issued"):
        read(pki.ocsp_answer(asked, issuer), asked)


def test_4_2_2_2_whom_the_issuer_delegated_may_speak_for_it(issuer, asked):
    delegate = issuer.authority("responder", DELEGATED)
    assert read(pki.ocsp_answer(asked, delegate, shown=[delegate]), asked, issuer).state == "good"


@pytest.mark.parametrize(
    "extension",
    [pki.CLIENT, pki.AUTHORITY, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])],
)
def test_4_2_2_2_another_certificate_of_the_issuer_may_not(issuer, asked, extension):
    other = issuer.authority("other", extension)
    with pytest.raises(DerFault, match="delegated"):
        read(pki.ocsp_answer(asked, other, shown=[other]), asked, issuer)


def test_a_delegate_of_somebody_else_may_not(issuer, stranger, asked):
    delegate = stranger.authority("responder", DELEGATED)
    with pytest.raises(DerFault, match="delegated"):
        read(pki.ocsp_answer(asked, delegate, shown=[delegate, stranger]), asked, issuer)


def test_a_delegate_whose_certificate_is_over_may_not(issuer, asked):
    delegate = issuer.authority("responder", DELEGATED)  # for two days
    later = wall_now() + timedelta(days=3)
    told = pki.ocsp_answer(asked, delegate, shown=[delegate], at=later)
    with pytest.raises(DerFault, match="delegated"):
        read(told, asked, issuer, at=later)


def test_a_namesake_of_the_issuer_may_not(issuer, stranger, asked):
    with pytest.raises(DerFault, match="delegated"):
        read(pki.ocsp_answer(asked, stranger, shown=[stranger]), asked, issuer)


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_a_good_word_can_be_changed(issuer, asked, at, bit):
    told = bytearray(pki.ocsp_answer(asked, issuer, OCSPCertStatus.REVOKED))
    told[at % len(told)] ^= 1 << bit
    with suppress(DerFault):
        assert read(bytes(told), asked, issuer).state == "revoked"  # a bit that says nothing


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        (-HOUR, HOUR, True),
        (-30 * 24 * HOUR, HOUR, True),
        (-2 * HOUR, -HOUR, False),
        (HOUR, 2 * HOUR, False),
        (-HOUR, None, True),
        (-25 * HOUR, None, False),
        (timedelta(minutes=4), HOUR, True),  # clocks differ
    ],
)
def test_an_answer_counts_in_its_time(issuer, asked, since, until, counts):
    now = wall_now()
    end = None if until is None else now + until
    told = pki.ocsp_answer(asked, issuer, at=now + since, until=end)
    if counts:
        assert read(told, asked, issuer, at=now).state == "good"
    else:
        with pytest.raises(DerFault, match="not of now"):
            read(told, asked, issuer, at=now)


def test_an_answer_about_another_certificate_is_none(issuer, asked):
    told = pki.ocsp_answer(replace(asked, serial_number="1f"), issuer)
    with pytest.raises(DerFault, match="something else"):
        read(told, asked, issuer)
