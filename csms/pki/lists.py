"""Revocation lists (CRL, RFC 5280) as they are fetched, and kept while they hold.

One download serves all who ask meanwhile. Only a list that counts is kept, until its nextUpdate or
for a week (ISO 15118-20, by OCPP 2.1, M07): what somebody else put in its place is not kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from csms.clock import wall_now
from csms.domain.certificates import CertificateHash, DerFault
from csms.domain.crl import ListAnswer, deltas_of, read_delta, read_list
from csms.handlers.ports_security import AuthorityUnavailable

LONGEST_KEPT: Final = timedelta(weeks=1)
MOST_KEPT: Final = 32

Key = tuple[str, str, str]


@dataclass(slots=True)
class RevocationLists:
    """`fetch` gives what lies at a URL, or raises AuthorityUnavailable."""

    fetch: Callable[[str], Awaitable[bytes]]
    _kept: OrderedDict[Key, tuple[bytes, datetime]] = field(default_factory=OrderedDict)
    _coming: dict[str, asyncio.Future[bytes]] = field(default_factory=dict)

    async def look_up(
        self, certificate: CertificateHash, url: str, issuers: Sequence[x509.Certificate]
    ) -> ListAnswer:
        """What the list says now, with its newest changes where those are to be had (§5.2.6: a
        list counts without). Raises AuthorityUnavailable; DerFault: none that counts."""

        def read(told: bytes) -> ListAnswer:
            return read_list(told, certificate, issuers, url, wall_now())

        told, answer = await self._read(url, certificate, read)
        for changes in deltas_of(told):
            with suppress(AuthorityUnavailable, DerFault):
                _, newest = await self._read(
                    changes,
                    certificate,
                    lambda delta: read_delta(delta, told, certificate, issuers, wall_now()),
                )
                return newest
        return answer

    async def _read(
        self, url: str, certificate: CertificateHash, read: Callable[[bytes], ListAnswer]
    ) -> tuple[bytes, ListAnswer]:
        """The list at `url`, kept if it counts, and what it says."""
        key = (url, certificate.issuer_name_hash, certificate.issuer_key_hash)
        told, until = self._kept.get(key, (b"", None))
        fresh = until is None or until <= wall_now()
        if fresh:
            told = await self._fetched(url)
        answer = read(told)
        if fresh:
            self._kept[key] = told, min(answer.until, wall_now() + LONGEST_KEPT)
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return told, answer

    async def _fetched(self, url: str) -> bytes:
        """Who gives up waiting takes the download from nobody."""
        coming = self._coming.get(url)
        if coming is None:
            coming = self._coming[url] = asyncio.ensure_future(self.fetch(url))
            coming.add_done_callback(lambda _: self._coming.pop(url, None))
        return await asyncio.shield(coming)
