"""What a station does by itself in the local operation modes of OCPP 2.1 (Q08, Q09). Pure."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.frequency import MIN_POINTS, FrequencyPoint, response_w
from simulator.device_model import DeviceModel
from simulator.evse import Evse
from simulator.profiles import JsonObject, ProfileStack

NOMINAL_HZ = 50.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the station's own meters see: the frequency, and the power at the upstream meter (+ is
    import), its own included."""

    frequency_hz: float = NOMINAL_HZ
    upstream_w: float = 0.0


CALM = Surroundings()


def over(
    stack: ProfileStack,
    evse: Evse,
    device: DeviceModel,
    seen: Surroundings,
    now: datetime,
    told: tuple[float | None, datetime],
) -> tuple[float | None, datetime]:
    """The limit, and until when it holds, with what a local mode makes of it each second."""
    period = active_period(stack, evse.evse_id, now, evse.started_at)
    power_w = None if period is None else own_w(period, seen, evse.power_w, device)
    return told if power_w is None else (power_w, now)


def refusal(period: JsonObject, schedule: JsonObject) -> str | None:
    """The reason code of Q08.FR.03 and FR.04."""
    if period.get("operationMode") != "LocalFrequency":
        return None
    if len(period.get("v2xFreqWattCurve", ())) < MIN_POINTS or "v2xBaseline" not in period:
        return "NoFreqWattCurve"
    stray = {"limit", "dischargeLimit", "setpoint", "setpointReactive"} & period.keys()
    return "InvalidSchedule" if stray or schedule["chargingRateUnit"] != "W" else None


def active_period(
    stack: ProfileStack, evse_id: int, now: datetime, started_at: datetime | None
) -> JsonObject | None:
    """The period of the TxProfile that holds now, as it came; None if none does."""
    if started_at is None:
        return None
    found = stack.find({"chargingProfilePurpose": "TxProfile"}, evse_id)
    for profile in sorted(found, key=lambda one: one.stack_level, reverse=True):
        number = profile.period_at(now, started_at)
        if number is not None:
            periods: list[JsonObject] = profile.raw["chargingSchedule"][0]["chargingSchedulePeriod"]
            return periods[number]
    return None


def own_w(
    period: JsonObject, seen: Surroundings, power_w: float, device: DeviceModel
) -> float | None:
    """The setpoint that the mode makes of what is seen, `power_w` being what flows; None: it is no
    local mode."""
    match period.get("operationMode"):
        case "LocalFrequency":  # Q08.FR.06
            told = period["v2xFreqWattCurve"]
            curve = [FrequencyPoint(point["frequency"], point["power"]) for point in told]
            return float(period["v2xBaseline"]) + response_w(curve, seen.frequency_hz)
        case "LocalLoadBalancing":
            return _balanced_w(period, seen.upstream_w, power_w, device)
    return None


def _balanced_w(
    period: JsonObject, upstream_w: float, power_w: float, device: DeviceModel
) -> float:
    """Q09.FR.04, FR.05."""
    upper_w, lower_w, upper_more_w, lower_more_w = (
        float(device.variables["V2XChargingCtrlr", 1, f"LocalLoadBalancing[{name}]"].value)
        for name in ("UpperThreshold", "LowerThreshold", "UpperOffset", "LowerOffset")
    )
    delta_w = 0.0
    if upstream_w > upper_w:
        delta_w = upper_w + upper_more_w - upstream_w
    elif upstream_w < lower_w:
        delta_w = lower_w + lower_more_w - upstream_w
    lowest_w = period.get("dischargeLimit", float("-inf"))
    highest_w = period.get("limit", float("inf"))
    return float(min(max(power_w + delta_w, lowest_w), highest_w))
