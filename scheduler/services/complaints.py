"""What the controller has to complain about after a cycle: pure, and the same until it is over."""

from collections.abc import Iterator
from datetime import timedelta

from scheduler.domain.reading import Sample
from scheduler.domain.site import Site
from scheduler.planning.guard_types import DEFIES, GuardInput, GuardResult
from scheduler.services.cycle import Picture
from scheduler.store.alarms import AlarmCode, Complaint, Severity

PLAN_STALE_AFTER = 4  # times the site's replan interval
REFUSED = "refused"

# The alarms whose only reporter is the controller.
CONTROLLER_CODES = {
    AlarmCode.METER_STALE,
    AlarmCode.METER_FROZEN,
    AlarmCode.LIMIT_AT_RISK,
    AlarmCode.STATION_UNKNOWN,
    AlarmCode.STATION_OFFLINE,
    AlarmCode.SETPOINT_REFUSED,
    AlarmCode.SETPOINT_DEFIED,
    AlarmCode.DISCHARGE_FAULT,
    AlarmCode.STATION_ALERT,
    AlarmCode.STATION_CLOCK,
    AlarmCode.PLAN_STALE,
    AlarmCode.STORE_SILENT,
}


def complaints_of(
    site: Site, picture: Picture, given: GuardInput, result: GuardResult
) -> tuple[Complaint, ...]:
    """Everything that is wrong now. The words change slowly, so that alarms do not flicker."""
    return (
        *_about_site(site, picture, given, result),
        *_about_stations(picture),
        *_about_orders(result),
    )


def _about_site(
    site: Site, picture: Picture, given: GuardInput, result: GuardResult
) -> Iterator[Complaint]:
    frozen = frozen_meter(given)
    if frozen is not None:
        yield Complaint(
            code=AlarmCode.METER_FROZEN,
            severity=Severity.CRITICAL if frozen == "grid" else Severity.WARNING,
            data={"meter": frozen},
        )
    if given.metered and frozen != "grid" and not _fresh(given.grid, given):
        yield Complaint(
            code=AlarmCode.METER_STALE,
            severity=Severity.CRITICAL,
        )
    for side, excess_w in (("import", result.import_excess_w), ("export", result.export_excess_w)):
        if excess_w > 0:
            yield Complaint(
                code=AlarmCode.LIMIT_AT_RISK,
                severity=Severity.CRITICAL,
                data={"side": side},
            )
            break
    if given.store is not None and not given.store.available and frozen != "store":
        yield Complaint(
            code=AlarmCode.STORE_SILENT,
            severity=Severity.WARNING,
        )
    oldest = given.now - timedelta(seconds=PLAN_STALE_AFTER * site.control.replan_s)
    if picture.plan is None or picture.plan.head.made_at < oldest:
        yield Complaint(
            code=AlarmCode.PLAN_STALE,
            severity=Severity.WARNING,
        )


def frozen_meter(given: GuardInput) -> str | None:
    """The meter that has stood still for too long while the site moved."""
    store = given.store.power if given.store else None
    meters = {"grid": given.grid, "load": given.load, "solar": given.solar, "wind": given.wind}
    for name, sample in (meters | {"store": store}).items():
        if sample is not None and sample.frozen and not _fresh(sample, given):
            return name
    return None


def _fresh(sample: Sample | None, given: GuardInput) -> bool:
    return sample is not None and sample.fresh(given.stale_after_s)


def _about_orders(result: GuardResult) -> Iterator[Complaint]:
    for station_id in sorted({one.station_id for one in result.evses if one.reason == DEFIES}):
        yield Complaint(
            code=AlarmCode.SETPOINT_DEFIED,
            severity=Severity.CRITICAL,
            station_id=station_id,
        )


def _about_stations(picture: Picture) -> Iterator[Complaint]:
    for live in picture.evses:
        if live.discharge_fault is not None:
            yield Complaint(
                code=AlarmCode.DISCHARGE_FAULT,
                severity=Severity.CRITICAL,
                station_id=live.station_id,
            )
        if live.station_alert is not None:
            yield Complaint(
                code=AlarmCode.STATION_ALERT,
                severity=Severity.CRITICAL if live.alert_severity == 0 else Severity.WARNING,
                station_id=live.station_id,
                data={"variable": live.station_alert, "severity": live.alert_severity or 0},
            )
        if live.clock_off_s is not None and live.connected:
            yield Complaint(
                code=AlarmCode.STATION_CLOCK,
                severity=Severity.WARNING,
                station_id=live.station_id,
                data={"off_s": round(live.clock_off_s)},
            )
        if live.transaction is None:
            continue
        if not live.connected:
            yield Complaint(
                code=AlarmCode.STATION_OFFLINE,
                severity=Severity.WARNING,
                station_id=live.station_id,
            )
        elif live.setpoint_status == REFUSED:
            yield Complaint(
                code=AlarmCode.SETPOINT_REFUSED,
                severity=Severity.WARNING,
                station_id=live.station_id,
            )
        elif live.setpoint_status == "unknown":
            yield Complaint(
                code=AlarmCode.STATION_UNKNOWN,
                severity=Severity.WARNING,
                station_id=live.station_id,
            )
