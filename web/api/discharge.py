"""How a station is told to discharge, and an operator's word on it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from csms.domain.discharge import (
    DialectRefusal,
    DischargeDialect,
    dialect_refusal,
)
from csms.domain.ids import ChargingStationId
from csms.quirkfile import discharge_models
from csms.store import dialects
from csms.store.dialects import StationDialect
from web.api.models import Answer
from web.api.routing import api_router
from web.auth import Operator, Viewer
from web.errors import ApiError, not_found
from web.hub import Transaction, Work
from web.store import audit

router = api_router("/stations/{station_id}", "stations", 404, 409)
WHY = {
    DialectRefusal.NOT_LISTED: "Only models of the allow-list may be told to discharge this way.",
    DialectRefusal.NOT_ANNOUNCED: "Its device model tells of no V2XChargingCtrlr with setpoints.",
    DialectRefusal.OTHER_VERSION: "It spoke another version of OCPP last.",
    DialectRefusal.FAULT_NOT_REVIEWED: "It charged when told to discharge: look at it, then say so"
    " by `fault_reviewed`.",
}


class DischargeRequest(BaseModel):
    """`fault_reviewed`: somebody has looked at why the station charged when told to discharge."""

    model_config = ConfigDict(extra="forbid")

    dialect: DischargeDialect
    fault_reviewed: bool = False


class StationDischarge(Answer):
    """`dialect` holds; `set_by_operator` is what an operator chose, or null. `listed` are the
    dialects that the allow-list has for the model; `announced` says whether its device model tells
    of V2X."""

    dialect: DischargeDialect
    set_by_operator: DischargeDialect | None
    listed: list[DischargeDialect]
    announced: bool
    proven_at: datetime | None
    fault: str | None


@router.get("/discharge-dialect", summary="How a station is told to discharge")
async def get_dialect(_: Viewer, station_id: str, work: Transaction) -> StationDischarge:
    """And where that comes from."""
    return _answer(await _known(work, station_id))


@router.put("/discharge-dialect", summary="Choose how a station is told to discharge")
async def put_dialect(
    who: Operator, station_id: str, asked: DischargeRequest, work: Transaction
) -> StationDischarge:
    """Stands over allow-list and device model while this hardware is there. Another dialect than
    before must prove itself: the first discharge is a probe."""
    station = await _known(work, station_id)
    why = dialect_refusal(
        asked.dialect,
        _listed(station),
        station.ocpp_version,
        announced=station.announced,
        fault=station.fault is not None and not asked.fault_reviewed,
    )
    if why is not None:
        raise ApiError(409, WHY[why], name=why.value)
    own = ChargingStationId(station_id)
    await dialects.choose(work.conn, own, asked.dialect, reviewed=asked.fault_reviewed)
    detail = {"dialect": asked.dialect.value, "before": station.dialect.value}
    if asked.fault_reviewed and station.fault is not None:
        detail["fault_reviewed"] = station.fault
    await audit.record(work.conn, who.actor, "station.discharge_dialect.set", station_id, detail)
    return _answer(await _known(work, station_id))


@router.delete("/discharge-dialect", status_code=204, summary="Forget how a station was to be told")
async def delete_dialect(who: Operator, station_id: str, work: Transaction) -> None:
    """The allow-list decides again, else what the device model says."""
    station = await _known(work, station_id)
    if station.set_by_operator is not None:
        await dialects.forget(work.conn, ChargingStationId(station_id))
        detail = {"before": station.set_by_operator.value}
        await audit.record(
            work.conn, who.actor, "station.discharge_dialect.forget", station_id, detail
        )


async def _known(work: Work, station_id: str) -> StationDialect:
    station = await dialects.get(work.conn, ChargingStationId(station_id))
    if station is None:
        raise not_found("station", station_id)
    return station


def _answer(station: StationDialect) -> StationDischarge:
    return StationDischarge(
        dialect=station.dialect,
        set_by_operator=station.set_by_operator,
        listed=_listed(station),
        announced=station.announced,
        proven_at=station.proven_at,
        fault=station.fault,
    )


def _listed(station: StationDialect) -> list[DischargeDialect]:
    return [one.dialect for one in discharge_models().of(station.vendor, station.model)]
