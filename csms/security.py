"""How the ports of blocks A and M are wired: the local authority and whom we ask over HTTP."""

from sqlalchemy.ext.asyncio import AsyncEngine

from csms.handlers.ports_security import Security
from csms.pki.http import ContractServer, OcspResponders
from csms.pki.local import LocalAuthority
from csms.settings import CsmsSettings
from csms.store.security import PepperedPasswords, PostgresSecurity


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
    return Security(
        authority=authority,
        stations=PostgresSecurity(engine),
        passwords=PepperedPasswords(settings.secret.get_secret_value()),
        contracts=ContractServer(settings.contract_pool_url),
        statuses=OcspResponders(authority, hosts),
    )
