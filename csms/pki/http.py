"""Others that we ask over HTTP: OCSP responders (RFC 6960, appendix A) and a contract pool.

A station names the responder's URL, so only hosts that the settings name are ever asked.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from csms.domain.certificates import CertificateHash
from csms.domain.ocsp import request_for
from csms.handlers.ports_security import AuthorityUnavailable
from csms.pki.local import LocalAuthority

LIMIT_S: Final = 8.0
MOST_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class OcspResponders:
    """Implements `ports_security.CertificateStatuses`; our own certificates we know ourselves."""

    authority: LocalAuthority
    hosts: frozenset[str] = frozenset()

    async def ask(self, certificate: CertificateHash, responder_url: str) -> bytes:
        """The DER of an OCSPResponse. Raises AuthorityUnavailable; DerFault for what are no
        hashes."""
        request = request_for(certificate)
        if (told := await self.authority.status(certificate)) is not None:
            return told
        where = urlsplit(responder_url)
        if where.scheme not in ("http", "https") or where.hostname not in self.hosts:
            raise AuthorityUnavailable("this responder is not one of ours")
        headers = {
            "Content-Type": "application/ocsp-request",
            "Accept": "application/ocsp-response",
        }
        return await _post(responder_url, request, headers)


@dataclass(frozen=True, slots=True)
class ContractServer:
    """Implements `ports_security.ContractCertificates`: a server that reads EXI, or none (`url`
    empty). It is told `{schemaVersion, action, exiRequest}` and says `{exiResponse}` or 404."""

    url: str = ""

    async def answer(self, schema_version: str, action: str, exi_request: str) -> str | None:
        """The EXI response in base64; None: no contract. Raises AuthorityUnavailable."""
        if not self.url:
            return None
        asked = {"schemaVersion": schema_version, "action": action, "exiRequest": exi_request}
        try:
            async with httpx.AsyncClient(timeout=LIMIT_S) as client:
                told = await client.post(self.url, json=asked)
                if told.status_code == httpx.codes.NOT_FOUND:
                    return None
                told.raise_for_status()
                answered = told.json()["exiResponse"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise AuthorityUnavailable(f"the pool: {type(error).__name__}") from error
        return str(answered)


async def _post(url: str, content: bytes, headers: dict[str, str]) -> bytes:
    """At most `MOST_BYTES`, and no redirects."""
    try:
        async with (
            httpx.AsyncClient(timeout=LIMIT_S) as client,
            client.stream("POST", url, content=content, headers=headers) as told,
        ):
            told.raise_for_status()
            body = b""
            async for part in told.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    raise AuthorityUnavailable("the responder says too much")
            return body
    except httpx.HTTPError as error:
        raise AuthorityUnavailable(f"the responder: {type(error).__name__}") from error
