"""The table Action → handler, in the block order of OCPP 2.0.1: one glance is what we support."""

from collections.abc import Mapping
from datetime import datetime

from csms.domain.discharge import DischargeModels
from csms.domain.ids import ChargingStationId
from csms.handlers.ports import Handler, Journal, Stations, Tokens, Transactions
from csms.ocppj.peer import CallError


def routes(
    journal: Journal,
    transactions: Transactions,
    tokens: Tokens,
    stations: Stations,
    discharge_models: DischargeModels,
) -> Mapping[str, Handler]:
    """Action → its handler."""
    return {}


async def answer(
    action: str,
    payload: bytes,
    station_id: ChargingStationId,
    now: datetime,
    routes: Mapping[str, Handler],
) -> bytes | CallError:
    """Decode, handle, encode. Raises StoreUnavailable: then answer nothing and close."""
    raise LookupError(action)
