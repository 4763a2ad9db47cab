"""Tokens, tariffs and events that the cases of blocks C, D, H, I, N and O share."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from csms.clock import wall_now
from csms.domain.authorization import AuthorizationStatus, Token, TokenRef
from csms.domain.ids import IdToken
from csms.store import tokens
from tests.conformance.conftest import Bench
from tests.conformance.station import Payload, ScriptedStation


async def token(
    bench: Bench,
    status: AuthorizationStatus = AuthorizationStatus.ACCEPTED,
    *,
    type_: str = "ISO14443",
    **fields: Any,
) -> dict[str, str]:
    """List a new token; its IdTokenType."""
    ref = TokenRef(IdToken(f"T{uuid4().hex[:12]}"), type_)
    async with bench.hub.engine.begin() as conn:
        await tokens.put(conn, Token(ref=ref, status=status, **fields), wall_now())
    return {"idToken": ref.id_token, "type": ref.type}


def group(name: str) -> TokenRef:
    """A group's own token."""
    return TokenRef(IdToken(name), "Central")


class Session:
    """One transaction of a station, told event by event."""

    def __init__(self, station: ScriptedStation, evse_id: int = 1) -> None:
        self.station = station
        self.transaction_id = f"tx-{uuid4().hex[:8]}"
        self.evse_id = evse_id
        self.at = wall_now().replace(microsecond=0)
        self._seq_no = -1

    async def tell(
        self,
        event_type: str,
        trigger: str,
        *,
        id_token: Mapping[str, str] | None = None,
        import_wh: float | None = None,
        info: Payload | None = None,
        **more: Any,
    ) -> Payload:
        """One TransactionEvent; the answer."""
        self._seq_no += 1
        payload: Payload = {
            "eventType": event_type,
            "timestamp": iso(self.at),
            "triggerReason": trigger,
            "seqNo": self._seq_no,
            "transactionInfo": {"transactionId": self.transaction_id} | (info or {}),
            "evse": {"id": self.evse_id, "connectorId": 1},
            **more,
        }
        if id_token is not None:
            payload["idToken"] = dict(id_token)
        if import_wh is not None:
            sample = {"value": import_wh, "context": "Sample.Periodic"}
            payload["meterValue"] = [{"timestamp": iso(self.at), "sampledValue": [sample]}]
        return await self.station.call("TransactionEvent", payload)

    def later(self, seconds: float) -> None:
        """Let its time pass."""
        self.at += timedelta(seconds=seconds)


def iso(at: datetime) -> str:
    """As a station writes it."""
    return at.isoformat().replace("+00:00", "Z")
