"""Settles with a payment provider what direct payments came to (OCPP 2.1, C21.FR.05, C24.FR.10,
C25.FR.40): asks for each that is due until it hears an answer.

Any csms may do it: a settlement is claimed before the provider is asked, and all ask under one key.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

import httpx
import msgspec
import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock, wall_now
from csms.domain.errors import StoreUnavailable
from csms.domain.facts import Fact
from csms.domain.facts_limits import SettlementEnded
from csms.domain.settling import BY_STATION, Settling, SettlingStatus
from csms.handlers.notice import Severity, noticed
from csms.handlers.ports import Journal
from csms.store import settling
from csms.store.engine import outage_named

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 5.0
LIMIT_S: Final = 10.0
MOST_AT_ONCE: Final = 8
MOST_BYTES: Final = 16_384
BY_HAND: Final = frozenset({SettlingStatus.REFUSED, SettlingStatus.OPERATOR})


class ProviderUnavailable(Exception):  # noqa: N818 - as StoreUnavailable
    """It could not be asked, or said nothing that can be understood: ask again later."""


Text = Annotated[str, msgspec.Meta(max_length=2_000, pattern=r"^[^\x00]*$")]


class Said(msgspec.Struct, frozen=True):
    """A provider's answer."""

    status: Literal["settled", "refused"]
    receipt_id: Text | None = None
    receipt_url: Text | None = None
    reason: Text | None = None


@dataclass(frozen=True, slots=True)
class PaymentProvider:
    """Is told `{reference, amount, currency, station, transaction}` (the amount in decimal text; 0
    releases what was reserved) with an Idempotency-Key, and `token` as bearer if there is one.

    Answers 200 `{status: "settled"|"refused", receipt_id?, receipt_url?, reason?}`.
    """

    url: str
    token: SecretStr

    async def settle(self, one: Settling) -> Said:
        """What became of it. Raises ProviderUnavailable."""
        headers = {"Idempotency-Key": str(one.key)}
        if self.token.get_secret_value():
            headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        asked = {
            "reference": one.psp_ref,
            "amount": str(one.amount),
            "currency": one.currency,
            "station": one.station_id,
            "transaction": one.transaction_id,
        }
        try:
            async with (
                asyncio.timeout(LIMIT_S),
                httpx.AsyncClient(timeout=LIMIT_S) as client,
                client.stream("POST", self.url, json=asked, headers=headers) as told,
            ):
                if told.status_code != httpx.codes.OK:
                    raise ProviderUnavailable(f"HTTP {told.status_code}")
                body = b""
                async for part in told.aiter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise ProviderUnavailable("it says too much")
            return msgspec.json.decode(body, type=Said)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, msgspec.DecodeError) as error:
            raise ProviderUnavailable(type(error).__name__) from error


@dataclass(slots=True)
class Settlements:
    """`provider` None: there is none, and nothing is due."""

    engine: AsyncEngine
    journal: Journal
    clock: Clock
    provider: PaymentProvider | None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """One is due now."""
        self._woken.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            self._woken.clear()
            with suppress(StoreUnavailable):
                while await self.step():
                    pass
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_EVERY_S)

    async def step(self) -> int:
        """Ask for some of those that are due; how many that were. Raises StoreUnavailable."""
        with outage_named():
            async with self.engine.begin() as conn:
                if self.provider is None:
                    await settling.leave_to_operator(conn, self.clock.now())
                    return 0
                claimed = await settling.claim(conn, wall_now(), MOST_AT_ONCE)
        await asyncio.gather(*(self._settle(one, self.provider) for one in claimed))
        return len(claimed)

    async def _settle(self, one: Settling, provider: PaymentProvider) -> None:
        if one.by_station:
            await self._end(one, SettlingStatus.STATION, Said("settled", reason=BY_STATION))
        elif one.amount is None:
            await self._end(one, SettlingStatus.OPERATOR, Said("refused", reason=one.unknown))
        else:
            try:
                said = await provider.settle(one)
            except ProviderUnavailable as away:
                log.warning("payment not settled yet", station_id=one.station_id, why=str(away))
                with outage_named():
                    async with self.engine.begin() as conn:
                        await settling.note_failure(conn, one, f"the provider: {away}")
                return
            await self._end(one, SettlingStatus(said.status.capitalize()), said)

    async def _end(self, one: Settling, status: SettlingStatus, said: Said) -> None:
        now = self.clock.now()
        ended = SettlementEnded(
            station_id=one.station_id,
            transaction_id=one.transaction_id,
            status=status,
            at=now,
            reason=said.reason,
            receipt_id=said.receipt_id,
            receipt_url=said.receipt_url,
        )
        facts: list[Fact] = [ended]
        if status in BY_HAND:
            told = {"pspRef": one.psp_ref, "transactionId": one.transaction_id}
            told |= {"status": status.value, "reason": said.reason or ""}
            notice = noticed(one.station_id, "Settlement", told, now, Severity.WARNING)
            facts.append(notice)
        await self.journal.commit(facts)
        log.info("payment dealt with", station_id=one.station_id, status=status.value)
