"""Rows of passwords and certificates."""

from collections.abc import Iterator
from dataclasses import asdict

from csms.domain.certificates import CertificateHash
from csms.domain.facts_security import (
    CertificateAnswered,
    CertificateDeleted,
    CertificateInstalled,
    CertificateIssued,
    CertificateRequested,
    InstalledCertificate,
    InstalledCertificatesTold,
    PasswordOffered,
    PasswordWithdrawn,
)
from csms.store.engine import dump_json
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import security as statements


@rows_of_fact.register
def _offered(fact: PasswordOffered) -> Iterator[StatementRow]:
    yield statements.PASSWORD_OFFERED, (fact.station_id, fact.password_hmac, fact.at)


@rows_of_fact.register
def _withdrawn(fact: PasswordWithdrawn) -> Iterator[StatementRow]:
    yield statements.PASSWORD_WITHDRAWN, (fact.station_id, fact.password_hmac)


@rows_of_fact.register
def _requested(fact: CertificateRequested) -> Iterator[StatementRow]:
    who = (fact.certificate_id, fact.station_id, fact.certificate_type, fact.csr, fact.at)
    yield statements.CERTIFICATE_REQUESTED, (*who, fact.status, fact.reason, fact.at)


@rows_of_fact.register
def _issued(fact: CertificateIssued) -> Iterator[StatementRow]:
    issued = (fact.certificate_id, fact.serial_number, fact.chain, fact.not_after, fact.at)
    yield statements.CERTIFICATE_ISSUED, issued


@rows_of_fact.register
def _answered(fact: CertificateAnswered) -> Iterator[StatementRow]:
    answered = (fact.certificate_id, fact.status, fact.reason, fact.at)
    yield statements.CERTIFICATE_ANSWERED, answered


@rows_of_fact.register
def _told(fact: InstalledCertificatesTold) -> Iterator[StatementRow]:
    for kind in fact.certificate_types or ("",):
        yield statements.INSTALLED_FORGOTTEN, (fact.station_id, kind, fact.at)
    for one in fact.certificates:
        yield statements.INSTALLED, _installed_row(fact.station_id, one, fact.at)


@rows_of_fact.register
def _installed(fact: CertificateInstalled) -> Iterator[StatementRow]:
    yield statements.INSTALLED, _installed_row(fact.station_id, fact.certificate, fact.at)


@rows_of_fact.register
def _deleted(fact: CertificateDeleted) -> Iterator[StatementRow]:
    key = (fact.station_id, *_hash(fact.certificate))
    yield statements.INSTALLED_DELETED, (*key, fact.at)


def _installed_row(station_id: str, one: InstalledCertificate, at: object) -> tuple[object, ...]:
    children = dump_json([asdict(child) for child in one.children])
    return (station_id, one.certificate_type, *_hash(one.certificate), children, at)


def _hash(one: CertificateHash) -> tuple[str, str, str, str]:
    """Stations spell hex in either case, and serials with leading zeros."""
    serial_number = one.serial_number.lower().lstrip("0") or "0"
    names = (one.issuer_name_hash.lower(), one.issuer_key_hash.lower())
    return (one.hash_algorithm, *names, serial_number)
