"""Block K of OCPP 2.0.1 (and of 2.1, which has the same fields) → domain messages.

Schedules and profiles stay JSON values: they are stored as told.
"""

from typing import Any, Final

import msgspec

from csms.domain import messages_charging as m
from csms.domain.ids import EvseId
from csms.ocppj import types_v201 as wire
from csms.ocppj.inbound201 import utc

_as_told: Final = msgspec.json.Decoder(dict[str, Any]).decode


def notify_charging_limit(
    request: wire.NotifyChargingLimitRequest, payload: bytes
) -> m.NotifyChargingLimit:
    """K11, K12, K14. Without an EVSE it is about the station."""
    told = _as_told(payload)
    limit = told["chargingLimit"]
    return m.NotifyChargingLimit(
        evse_id=EvseId(told.get("evseId", 0)),
        source=limit["chargingLimitSource"],
        grid_critical=limit.get("isGridCritical", False),
        schedules=tuple(told.get("chargingSchedule", ())),
        payload=told,
    )


def cleared_charging_limit(
    request: wire.ClearedChargingLimitRequest, payload: bytes
) -> m.ClearedChargingLimit:
    """K13."""
    told = _as_told(payload)
    evse_id = told.get("evseId")
    return m.ClearedChargingLimit(
        source=told["chargingLimitSource"],
        evse_id=None if evse_id is None else EvseId(evse_id),
        payload=told,
    )


def report_charging_profiles(
    request: wire.ReportChargingProfilesRequest, payload: bytes
) -> m.ReportChargingProfiles:
    """K09."""
    told = _as_told(payload)
    return m.ReportChargingProfiles(
        request_id=request.request_id,
        evse_id=EvseId(request.evse_id),
        source=request.charging_limit_source,
        profiles=tuple(told["chargingProfile"]),
        more_follows=request.tbc is True,
        payload=told,
    )


def notify_ev_charging_schedule(
    request: wire.NotifyEVChargingScheduleRequest, payload: bytes
) -> m.NotifyEVChargingSchedule:
    """K15–K17."""
    told = _as_told(payload)
    return m.NotifyEVChargingSchedule(
        evse_id=EvseId(request.evse_id),
        time_base=utc(request.time_base),
        schedule=told["chargingSchedule"],
        payload=told,
    )
