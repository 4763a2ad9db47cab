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
from csms.domain.crl import deltas_of, read_delta, read_list
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


REASONS = frozenset({x509.ReasonFlags.key_compromise})
PARTS = [
    (point("http://lists.example/others.crl"), "distributionPoint"),
    (point(URL, only_contains_ca_certs=True), "onlyContainsCACerts"),
    (point(URL, only_contains_user_certs=True), "onlyContainsUserCerts"),
    (point(only_contains_attribute_certs=True), "onlyContainsAttributeCerts"),
    (point(URL, only_some_reasons=REASONS), "onlySomeReasons"),
    (x509.DeltaCRLIndicator(6), "deltaCRLIndicator"),
]


@pytest.mark.parametrize(("extension", "name"), PARTS, ids=[name for _, name in PARTS])
def test_5_2_of_what_a_list_leaves_out_nothing_is_known(issuer, leaf, asked, extension, name):
    told = pki.revocation_list(issuer, extensions=[(extension, True)])
    with pytest.raises(DerFault, match=name):
        read(told, asked, issuer)
    told = pki.revocation_list(issuer, leaf.whole.serial_number, extensions=[(extension, True)])
    assert read(told, asked, issuer).state == "revoked", "whoever is on it is"


def test_5_2_5_a_list_of_several_issuers_says_nothing_even_of_who_is_on_it(issuer, leaf, asked):
    of_others = [(point(URL, indirect_crl=True), True)]
    told = pki.revocation_list(issuer, leaf.whole.serial_number, extensions=of_others)
    with pytest.raises(DerFault, match="indirectCRL"):
        read(told, asked, issuer)


def test_5_2_a_critical_word_that_we_do_not_know_makes_a_list_say_nothing(issuer, asked):
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    with pytest.raises(DerFault, match=r"1\.2\.3\.4"):
        read(pki.revocation_list(issuer, extensions=[(unknown, True)]), asked, issuer)
    assert read(pki.revocation_list(issuer, extensions=[(unknown, False)]), asked, issuer)


def numbered(issuer, number, *serial_numbers, since=None, scope=None, **more):
    """A list with its number; a delta if it is `since` another."""
    extensions = [(x509.CRLNumber(number), False)]
    if since is not None:
        extensions.append((x509.DeltaCRLIndicator(since), True))
    if scope is not None:
        extensions.append((scope, True))
    return pki.revocation_list(issuer, *serial_numbers, extensions=extensions, **more)


def on(base, delta, asked, issuer):
    return read_delta(delta, base, asked, [issuer.issuer], wall_now()).state


def test_5_2_4_a_delta_says_what_changed_since_its_list(issuer, leaf, asked):
    number = leaf.whole.serial_number
    clean, listed = numbered(issuer, 7), numbered(issuer, 7, number)
    taken_back = {"reason": x509.ReasonFlags.remove_from_crl}
    assert on(clean, numbered(issuer, 8, since=7), asked, issuer) == "good"
    assert on(listed, numbered(issuer, 8, since=7), asked, issuer) == "revoked"
    assert on(clean, numbered(issuer, 8, number, since=6), asked, issuer) == "revoked"
    assert on(listed, numbered(issuer, 8, number, since=7, **taken_back), asked, issuer) == "good"


def test_5_2_4_a_delta_holds_no_longer_than_its_list(issuer, asked):
    soon = (wall_now() + HOUR).replace(microsecond=0)
    base, delta = numbered(issuer, 7, until=soon), numbered(issuer, 8, since=7)
    assert read_delta(delta, base, asked, [issuer.issuer], wall_now()).until == soon


@pytest.mark.parametrize(
    ("base", "delta", "why"),
    [
        ({"number": 7}, {"number": 9, "since": 8}, "another list"),
        ({"number": 7}, {"number": 6, "since": 5}, "another list"),
        ({"number": 7}, {"number": 8}, "no delta"),
        ({"number": 7}, {"number": 8, "since": 7, "scope": point(URL)}, "another scope"),
        ({"number": 7}, {"number": 8, "since": 7, "until": wall_now() - HOUR}, "not of now"),
    ],
    ids=["a list between is missing", "older", "complete", "scope", "over"],
)
def test_6_3_3_a_delta_that_is_not_on_this_list_is_refused(issuer, asked, base, delta, why):
    if "until" in delta:
        delta = delta | {"at": wall_now() - 3 * HOUR}
    with pytest.raises(DerFault, match=why):
        on(numbered(issuer, **base), numbered(issuer, **delta), asked, issuer)


def test_a_list_says_where_its_changes_are(issuer):
    there = x509.UniformResourceIdentifier("http://lists.example/delta.crl")
    freshest = x509.FreshestCRL([x509.DistributionPoint([there], None, None, None)])
    told = pki.revocation_list(issuer, extensions=[(freshest, False)])
    assert deltas_of(told) == ("http://lists.example/delta.crl",)
    assert deltas_of(pki.revocation_list(issuer)) == ()


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
