"""Facts of blocks A and M: passwords, certificates that we sign, and those that stations hold."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from csms.domain.certificates import CertificateHash
from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordOffered(Fact):
    """A new password is about to be sent; it is accepted beside the old one from now on (A01)."""

    station_id: ChargingStationId
    password_hmac: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordWithdrawn(Fact):
    """The station refused that password: only the old one counts (A01.FR.04)."""

    station_id: ChargingStationId
    password_hmac: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequested(Fact):
    """A signing request as it came (A02, A03); `status` requested, or refused with a `reason`."""

    certificate_id: UUID
    station_id: ChargingStationId
    certificate_type: str
    csr: str
    at: datetime
    status: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIssued(Fact):
    """The authority signed it; the chain is about to be sent."""

    certificate_id: UUID
    serial_number: str
    chain: str
    not_after: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAnswered(Fact):
    """What the station made of the certificate that we sent: accepted or rejected."""

    certificate_id: UUID
    status: str
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledCertificate:
    """A certificate in a station, with those below it in its chain (M03)."""

    certificate_type: str
    certificate: CertificateHash
    children: tuple[CertificateHash, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledCertificatesTold(Fact):
    """All certificates of `certificate_types` that a station holds (M03); of any type if empty."""

    station_id: ChargingStationId
    at: datetime
    certificate_types: tuple[str, ...]
    certificates: tuple[InstalledCertificate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInstalled(Fact):
    """A station took a root certificate (M05)."""

    station_id: ChargingStationId
    at: datetime
    certificate: InstalledCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDeleted(Fact):
    """A station holds this certificate no longer (M04)."""

    station_id: ChargingStationId
    at: datetime
    certificate: CertificateHash
