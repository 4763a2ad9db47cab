"""C07.FR.13…17: a contract's token and its certificates together."""

import pytest

from csms.domain.authorization import AuthorizationStatus, IdTokenInfo
from csms.domain.contract import CertificateStatus, with_certificate


@pytest.mark.parametrize(
    ("token", "found", "status", "certificate"),
    [
        ("Accepted", "Accepted", "Accepted", "Accepted"),
        ("Blocked", "Accepted", "Blocked", "ContractCancelled"),
        ("NoCredit", "Accepted", "NoCredit", "Accepted"),
        ("Accepted", "CertificateExpired", "Expired", "CertificateExpired"),
        ("Accepted", "CertificateRevoked", "Invalid", "CertificateRevoked"),
        ("Accepted", "CertChainError", "Invalid", "CertChainError"),
    ],
)
def test_c07_status_of_both(token: str, found: str, status: str, certificate: str) -> None:
    info = IdTokenInfo(status=AuthorizationStatus(token))
    judged, told = with_certificate(info, CertificateStatus(found))
    assert (judged.status.value, told.value) == (status, certificate)
