"""Others that we ask over HTTP: OCSP responders (RFC 6960, appendix A), who publishes revocation
lists (RFC 5280, §4.2.1.13), and a contract pool.

A station names the URL of a responder or a list, so only hosts that the settings name are asked.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from csms.clock import wall_now
from csms.domain.certificates import CertificateHash, read_chain
from csms.domain.crl import ListAnswer
from csms.domain.ids import ChargingStationId
from csms.domain.messages_certificates import Get15118EVCertificate
from csms.domain.ocsp import OcspAnswer, read_answer, request_for
from csms.handlers.ports_security import AuthorityUnavailable, ContractCertificate
from csms.pki.lists import RevocationLists
from csms.pki.local import LocalAuthority

LIMIT_S: Final = 8.0
MOST_BYTES: Final = 16_384
MOST_LIST_BYTES: Final = 2_097_152
MOST_WAITING: Final = 256


@dataclass(slots=True)
class Revocations:
    """Implements `ports_security.CertificateStatuses`; our own certificates we know ourselves.

    `issuers` are PEM files of authorities that may have issued what is asked about.
    """

    authority: LocalAuthority
    hosts: frozenset[str] = frozenset()
    issuers: tuple[Path, ...] = ()
    _lists: RevocationLists = field(init=False)

    def __post_init__(self) -> None:
        self._lists = RevocationLists(self._get)

    async def ask(
        self,
        certificate: CertificateHash,
        responder_url: str,
        issuers: Sequence[x509.Certificate] = (),
    ) -> OcspAnswer:
        """An answer that counts now. Raises AuthorityUnavailable; DerFault: there is none."""
        told = await self.authority.status(certificate)
        if told is None:
            told = await self._post(request_for(certificate), responder_url)
        known = (*issuers, *self._known())
        return read_answer(told, certificate, known, wall_now())

    async def look_up(
        self, certificate: CertificateHash, list_url: str, issuers: Sequence[x509.Certificate] = ()
    ) -> ListAnswer:
        """Likewise, of a revocation list."""
        return await self._lists.look_up(certificate, list_url, (*issuers, *self._known()))

    def _known(self) -> list[x509.Certificate]:
        try:
            return [one.whole for path in self.issuers for one in read_chain(path.read_text())]
        except (OSError, ValueError) as error:
            raise AuthorityUnavailable(f"issuers of the settings: {error}") from error

    async def _post(self, request: bytes, responder_url: str) -> bytes:
        self._check(responder_url)
        headers = {
            "Content-Type": "application/ocsp-request",
            "Accept": "application/ocsp-response",
        }
        return await _told("POST", responder_url, headers, MOST_BYTES, request)

    async def _get(self, list_url: str) -> bytes:
        self._check(list_url)
        headers = {"Accept": "application/pkix-crl"}
        return await _told("GET", list_url, headers, MOST_LIST_BYTES)

    def _check(self, url: str) -> None:
        try:
            where = urlsplit(url)
        except ValueError as error:
            raise AuthorityUnavailable("this host is not one of ours") from error
        if where.scheme not in ("http", "https") or where.hostname not in self.hosts:
            raise AuthorityUnavailable("this host is not one of ours")


@dataclass(slots=True)
class ContractServer:
    """Implements `ports_security.ContractCertificates`: a server that reads EXI, or none (`url`
    empty). It is told `{schemaVersion, action, exiRequest}` and says `{exiResponse}` or 404.

    For ISO 15118-20 it is told `maximumContractCertificateChains` and `prioritizedEMAIDs`, too, and
    may say `{exiResponses: […]}`: they are handed out one by one, as the same request comes again
    (M01.FR.04 to .07 of 2.1). What waits is lost with the process; then the first one comes again.
    """

    url: str = ""
    _waiting: OrderedDict[tuple[str, str], list[str]] = field(default_factory=OrderedDict)

    async def answer(
        self, station_id: ChargingStationId, request: Get15118EVCertificate
    ) -> ContractCertificate | None:
        """The next contract; None: there is none. Raises AuthorityUnavailable."""
        if not self.url:
            return None
        key = (station_id, request.exi_request)
        told = self._waiting.pop(key, None) or await self._ask(request)
        if not told:
            return None
        if request.most_contracts is None:
            return ContractCertificate(told[0])
        first, *others = told[: max(request.most_contracts, 1)]
        if others:
            self._waiting[key] = others
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)
        return ContractCertificate(first, remaining=len(others))

    async def _ask(self, request: Get15118EVCertificate) -> list[str]:
        """All of them, none if the pool knows of none. Raises AuthorityUnavailable."""
        asked: dict[str, object] = {
            "schemaVersion": request.schema_version,
            "action": request.action,
            "exiRequest": request.exi_request,
        }
        if request.most_contracts is not None:
            asked["maximumContractCertificateChains"] = request.most_contracts
            asked["prioritizedEMAIDs"] = request.emaids
        try:
            async with httpx.AsyncClient(timeout=LIMIT_S) as client:
                answered = await client.post(self.url, json=asked)
                if answered.status_code == httpx.codes.NOT_FOUND:
                    return []
                answered.raise_for_status()
                told = answered.json()
                several = told.get("exiResponses")
                return [str(one) for one in ([told["exiResponse"]] if several is None else several)]
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise AuthorityUnavailable(f"the pool: {type(error).__name__}") from error


async def _told(
    method: str, url: str, headers: dict[str, str], most_bytes: int, content: bytes | None = None
) -> bytes:
    """At most `most_bytes` as they come (nothing is unpacked) within `LIMIT_S`, and no redirects.

    Raises AuthorityUnavailable.
    """
    plain = {**headers, "Accept-Encoding": "identity"}
    try:
        async with (
            asyncio.timeout(LIMIT_S),
            httpx.AsyncClient(timeout=LIMIT_S) as client,
            client.stream(method, url, content=content, headers=plain) as told,
        ):
            told.raise_for_status()
            body = bytearray()
            async for part in told.aiter_raw():
                body += part
                if len(body) > most_bytes:
                    raise AuthorityUnavailable("more than anybody has to say")
            return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise AuthorityUnavailable(f"no answer: {type(error).__name__}") from error
