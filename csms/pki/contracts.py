"""What contract certificates are worth (OCPP 2.0.1, C07): OCSP for each, and our roots for a chain.

A chain in PEM is checked up to the roots of the settings; one that a station has checked itself
comes as hashes. What cannot be verified does not hold (C07.FR.17).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from csms.domain.asn1 import DerFault
from csms.domain.certificates import Certificate, CertificateHash, certificate_hash, read_chain
from csms.domain.contract import CertificateStatus, OcspQuery
from csms.domain.ocsp import read_answer
from csms.handlers.ports_security import AuthorityUnavailable, CertificateStatuses
from csms.pki.openssl import openssl

_BLOCK: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OcspContracts:
    """Implements `handlers.ports.Contracts`."""

    statuses: CertificateStatuses
    roots: tuple[Path, ...] = ()

    async def status(
        self, certificates: Sequence[OcspQuery], chain_pem: str | None, now: datetime
    ) -> CertificateStatus:
        """Whether the chain, named by hashes or given in PEM, holds and none of it is revoked."""
        queries = list(certificates)
        try:
            if chain_pem is not None:
                chain = read_chain(chain_pem)
                if any(one.not_after < now for one in chain):
                    return CertificateStatus.EXPIRED
                queries += await self._verified(chain_pem, chain, now)
            states = [await self._state(one) for one in queries]
        except (DerFault, AuthorityUnavailable, OSError):
            return CertificateStatus.CHAIN_ERROR
        if "revoked" in states:
            return CertificateStatus.REVOKED
        good = bool(states) and set(states) == {"good"}
        return CertificateStatus.ACCEPTED if good else CertificateStatus.CHAIN_ERROR

    async def _state(self, asked: OcspQuery) -> str:
        """Raises AuthorityUnavailable, DerFault."""
        certificate = CertificateHash(
            hash_algorithm=asked.hash_algorithm,
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
        )
        told = await self.statuses.ask(certificate, asked.responder_url)
        return read_answer(told, certificate).state

    async def _verified(self, pem: str, chain: list[Certificate], now: datetime) -> list[OcspQuery]:
        """What to ask the responders, once the signatures lead to one of our roots: the contract
        itself, and each authority that names a responder. Raises AuthorityUnavailable."""
        if not self.roots:
            raise AuthorityUnavailable("no roots of contracts are configured")
        trusted = "\n".join(path.read_text() for path in self.roots)
        blocks = _BLOCK.findall(pem)
        issuers = {one.subject: one for one in (*read_chain(trusted), *chain)}
        with TemporaryDirectory(prefix="v2ghub-contract-") as scratch:
            files = _written(Path(scratch), trusted, blocks)
            at = ["-attime", str(int(now.timestamp()))]
            await openssl(
                "verify", *at, "-CAfile", str(files[0]), "-untrusted", str(files[1]), str(files[2])
            )
            queries = []
            for number, certificate in enumerate(chain):
                url = await openssl("x509", "-noout", "-ocsp_uri", "-in", str(files[2 + number]))
                where = url.out.decode().strip().partition("\n")[0]
                if where or number == 0:
                    issuer = issuers.get(certificate.issuer)
                    if issuer is None:
                        raise AuthorityUnavailable("an issuer is missing")
                    queries.append(_query(certificate_hash(certificate, issuer), where))
        return queries


def _written(folder: Path, trusted: str, blocks: list[str]) -> list[Path]:
    """The files `openssl` reads: our roots, the whole chain, and each certificate of it."""
    texts = [trusted, "\n".join(blocks), *blocks]
    files = [folder / f"{number}.pem" for number in range(len(texts))]
    for path, text in zip(files, texts, strict=True):
        path.write_text(text + "\n")
    return files


def _query(named: CertificateHash, responder_url: str) -> OcspQuery:
    return OcspQuery(
        hash_algorithm=named.hash_algorithm,
        issuer_name_hash=named.issuer_name_hash,
        issuer_key_hash=named.issuer_key_hash,
        serial_number=named.serial_number,
        responder_url=responder_url,
    )
