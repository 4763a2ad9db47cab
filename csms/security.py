"""How blocks A and M are wired: the local authority, whom we ask over HTTP, and the listeners."""

from sqlalchemy.ext.asyncio import AsyncEngine

from csms.handlers.ports_security import Security
from csms.pki.contracts import CheckedContracts
from csms.pki.http import ContractServer, Revocations
from csms.pki.local import STATION, LocalAuthority
from csms.settings import CsmsSettings, paths
from csms.store.security import PepperedPasswords, PostgresSecurity
from csms.tls import Certificates, Listener, TlsFiles


def local_authority(settings: CsmsSettings, engine: AsyncEngine) -> LocalAuthority:
    """Its keys lie under the state dir; nothing is made before it is needed."""
    return LocalAuthority(
        folder=settings.state_dir / "pki",
        states=PostgresSecurity(engine).state,
        organization=settings.organization or None,
        days=settings.station_certificate_days,
    )


def security_of(settings: CsmsSettings, engine: AsyncEngine, authority: LocalAuthority) -> Security:
    """Everything that handlers and commands ask of security."""
    hosts = frozenset(host for host in settings.ocsp_hosts.split(",") if host)
    issuers = (*paths(settings.contract_roots), *paths(settings.ocsp_issuers))
    return Security(
        authority=authority,
        stations=PostgresSecurity(engine),
        passwords=PepperedPasswords(settings.secret.get_secret_value()),
        contracts=ContractServer(settings.contract_pool_url),
        statuses=Revocations(authority, hosts, issuers),
    )


def contracts_of(settings: CsmsSettings, security: Security) -> CheckedContracts:
    """Who judges contract certificates."""
    return CheckedContracts(security.statuses, paths(settings.contract_roots))


async def listeners_of(
    settings: CsmsSettings, authority: LocalAuthority
) -> tuple[list[Listener], Certificates | None]:
    """The lines to listen on, and what keeps their certificates new.

    Stations may show certificates of the roots in the settings, and of our own. Raises OSError and
    AuthorityUnavailable: certificates that cannot be used.
    """
    found = []
    if settings.ocpp_plain:
        found.append(Listener(settings.ocpp_host, settings.ocpp_port))
    wanted = ((settings.ocpp_tls_port, False), (settings.ocpp_tls_legacy_port, True))
    if all(port is None for port, _ in wanted):
        return found, None
    files = TlsFiles(
        certificates=paths(settings.ocpp_tls_cert),
        keys=paths(settings.ocpp_tls_key),
        client_roots=(*paths(settings.ocpp_tls_client_ca), await authority.root(STATION)),
    )
    certificates = Certificates(files)
    for port, legacy in wanted:
        if port is not None:
            tls = certificates.context(legacy=legacy)
            found.append(Listener(settings.ocpp_tls_host, port, tls))
    return found, certificates
