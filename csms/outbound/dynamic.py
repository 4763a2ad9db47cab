"""K · Dynamic leases of OCPP 2.1: renewed by an update where that is enough, and remembered, so
that a station may pull what holds (K28)."""

from csms.domain.commands import Command, CommandStatus
from csms.domain.errors import CallRefused
from csms.domain.facts import Fact
from csms.domain.facts_v21 import DynamicProfileGone, DynamicProfileSet
from csms.domain.ids import EvseId
from csms.ocppj import dialect21
from csms.ocppj.dialect_table import Lease
from csms.outbound.ask import outcome_of
from csms.outbound.ports import CommandContext, StationCaller


async def renewed(
    command: Command, station: StationCaller, context: CommandContext, told: Lease
) -> bool:
    """Was it enough to update the profile that the station has? A refusal means: set it anew."""
    if context.dynamic_profiles is None or not isinstance(told, dialect21.Lease):
        return False
    profile_id = told.request.charging_profile.id
    known = await context.dynamic_profiles.profile(command.station_id, profile_id)
    update = dialect21.renewal(told, known)
    if update is None:
        return False
    try:
        response = await station.call(
            "UpdateDynamicSchedule",
            update,
            priority=command.priority,
            deadline_at=command.deadline_at,
        )
    except CallRefused:
        return False
    return outcome_of(response).status is CommandStatus.CONFIRMED


def lease_facts(command: Command, context: CommandContext, told: Lease) -> list[Fact]:
    """What the station holds under the id of a lease, now that it took `told`."""
    if not isinstance(told, dialect21.Lease):
        return []
    profile_id = told.request.charging_profile.id
    if told.dynamic is None:
        gone = DynamicProfileGone(
            station_id=command.station_id, profile_id=profile_id, at=context.now
        )
        return [gone]
    return [
        DynamicProfileSet(
            station_id=command.station_id,
            profile_id=profile_id,
            evse_id=EvseId(told.request.evse_id),
            transaction_id=context.transaction_id,
            operation_mode=told.dynamic.operation_mode,
            duration_s=told.dynamic.duration_s,
            values=None,
            at=context.now,
        )
    ]
