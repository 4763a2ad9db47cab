"""CommandKind → the function that carries it out: the shell executes any command through here."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from csms.domain.commands import Command, CommandKind, CommandStatus
from csms.domain.errors import CallRefused, CallTimeout, ConnectionLost
from csms.domain.station import OcppVersion
from csms.outbound import (
    authorization,
    availability,
    certificates,
    customer,
    data_transfer,
    der,
    device_model,
    display,
    jobs,
    monitoring,
    network,
    profiles,
    profiles21,
    provisioning,
    remote_control,
    reservation,
    security,
    smart_charging,
    streams,
    tariffs21,
    transactions,
    v2x,
)
from csms.outbound.numbering import FromZero
from csms.outbound.ports import CommandContext, Outcome, StationCaller
from csms.outbound.v2x_words import in_its_words
from csms.outbound.v16.table import executors_16

Executor = Callable[[Command, StationCaller, CommandContext], Awaitable[Outcome]]

EXECUTORS: Final[Mapping[CommandKind, Executor]] = {
    # A · security
    CommandKind.RENEW_PASSWORD: security.renew_password,
    CommandKind.ISSUE_CERTIFICATE: security.issue_certificate,
    CommandKind.CERTIFICATE_SIGNED: security.certificate_signed,
    CommandKind.UPGRADE_SECURITY_PROFILE: security.upgrade_security_profile,
    # B · provisioning
    CommandKind.PROVISION: provisioning.provision,
    CommandKind.SET_VARIABLES: device_model.set_variables,
    CommandKind.GET_VARIABLES: device_model.get_variables,
    CommandKind.GET_BASE_REPORT: device_model.get_base_report,
    CommandKind.GET_REPORT: device_model.get_report,
    CommandKind.SET_NETWORK_PROFILE: device_model.set_network_profile,
    CommandKind.SET_NETWORK_CONFIGURATION: network.set_network_configuration,
    CommandKind.RESET: device_model.reset,
    # E · transactions
    CommandKind.SET_TRANSACTION_LIMIT: transactions.set_transaction_limit,
    CommandKind.GET_TRANSACTION_STATUS: transactions.get_transaction_status,
    # C · authorization, D · local lists
    CommandKind.CLEAR_CACHE: authorization.clear_cache,
    CommandKind.SEND_LOCAL_LIST: authorization.send_local_list,
    CommandKind.GET_LOCAL_LIST_VERSION: authorization.get_local_list_version,
    # F · remote control
    CommandKind.REQUEST_START_TRANSACTION: remote_control.request_start_transaction,
    CommandKind.REQUEST_STOP_TRANSACTION: remote_control.request_stop_transaction,
    CommandKind.UNLOCK_CONNECTOR: remote_control.unlock_connector,
    CommandKind.TRIGGER_MESSAGE: remote_control.trigger_message,
    # G · availability
    CommandKind.CHANGE_AVAILABILITY: availability.change_availability,
    # H · reservations
    CommandKind.RESERVE_NOW: reservation.reserve_now,
    CommandKind.CANCEL_RESERVATION: reservation.cancel_reservation,
    # I · cost
    CommandKind.COST_UPDATED: display.cost_updated,
    # C · payment (2.1)
    CommandKind.NOTIFY_WEB_PAYMENT_STARTED: v2x.notify_web_payment_started,
    # I · tariffs that the station computes by (2.1)
    CommandKind.SET_DEFAULT_TARIFF: tariffs21.set_default_tariff,
    CommandKind.GET_TARIFFS: tariffs21.get_tariffs,
    CommandKind.CLEAR_TARIFFS: tariffs21.clear_tariffs,
    CommandKind.CHANGE_TRANSACTION_TARIFF: tariffs21.change_transaction_tariff,
    # K · smart charging
    CommandKind.SET_SETPOINT: smart_charging.set_setpoint,
    CommandKind.OFFER_SCHEDULE: smart_charging.offer_schedule,
    CommandKind.SET_CHARGING_PROFILE: profiles.set_charging_profile,
    CommandKind.CLEAR_CHARGING_PROFILE: profiles.clear_charging_profile,
    CommandKind.GET_CHARGING_PROFILES: profiles.get_charging_profiles,
    CommandKind.GET_COMPOSITE_SCHEDULE: profiles.get_composite_schedule,
    CommandKind.UPDATE_DYNAMIC_SCHEDULE: profiles21.update_dynamic_schedule,
    CommandKind.USE_PRIORITY_CHARGING: v2x.use_priority_charging,
    # L · firmware
    CommandKind.UPDATE_FIRMWARE: jobs.update_firmware,
    CommandKind.PUBLISH_FIRMWARE: jobs.publish_firmware,
    CommandKind.UNPUBLISH_FIRMWARE: jobs.unpublish_firmware,
    # M · certificates
    CommandKind.INSTALL_CERTIFICATE: certificates.install_certificate,
    CommandKind.DELETE_CERTIFICATE: certificates.delete_certificate,
    CommandKind.GET_INSTALLED_CERTIFICATE_IDS: certificates.get_installed_certificate_ids,
    # N · diagnostics
    CommandKind.GET_MONITORING_REPORT: monitoring.get_monitoring_report,
    CommandKind.SET_MONITORING_BASE: monitoring.set_monitoring_base,
    CommandKind.SET_MONITORING_LEVEL: monitoring.set_monitoring_level,
    CommandKind.SET_VARIABLE_MONITORING: monitoring.set_variable_monitoring,
    CommandKind.CLEAR_VARIABLE_MONITORING: monitoring.clear_variable_monitoring,
    CommandKind.GET_LOG: jobs.get_log,
    # N · customers
    CommandKind.CUSTOMER_INFORMATION: customer.customer_information,
    # O · displays
    CommandKind.SET_DISPLAY_MESSAGE: display.set_display_message,
    CommandKind.GET_DISPLAY_MESSAGES: display.get_display_messages,
    CommandKind.CLEAR_DISPLAY_MESSAGE: display.clear_display_message,
    # P · vendors' own
    CommandKind.DATA_TRANSFER: data_transfer.data_transfer,
    # N · periodic event streams (2.1)
    CommandKind.GET_PERIODIC_EVENT_STREAM: streams.get_periodic_event_stream,
    CommandKind.ADJUST_PERIODIC_EVENT_STREAM: streams.adjust_periodic_event_stream,
    # Q · V2X (2.1)
    CommandKind.NOTIFY_ALLOWED_ENERGY_TRANSFER: v2x.notify_allowed_energy_transfer,
    CommandKind.AFRR_SIGNAL: v2x.afrr_signal,
    # R · distributed energy resources (2.1)
    CommandKind.SET_DER_CONTROL: der.set_der_control,
    CommandKind.GET_DER_CONTROL: der.get_der_control,
    CommandKind.CLEAR_DER_CONTROL: der.clear_der_control,
    # S · battery swap (2.1)
    CommandKind.REQUEST_BATTERY_SWAP: v2x.request_battery_swap,
}

EXECUTORS_16: Final = executors_16(EXECUTORS)


async def execute(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """Carry `command` out. Refusals, time-outs and lost connections are outcomes, not exceptions.

    Raises StoreUnavailable (Provision writes through the journal).
    """
    if context.now >= command.deadline_at:
        return Outcome(status=CommandStatus.EXPIRED, reason="deadline_over")
    try:
        if context.abilities.quirks.evses_from_zero:
            station = FromZero(station)
        station = in_its_words(command, station, context.abilities)
        table = EXECUTORS_16 if station.version is OcppVersion.V16 else EXECUTORS
        return await table[command.kind](command, station, context)
    except CallRefused as refused:
        return Outcome.refused(refused.code)
    except CallTimeout as late:
        status = CommandStatus.UNKNOWN if late.sent else CommandStatus.EXPIRED
        return Outcome(status=status, reason="no_answer" if late.sent else "not_sent")
    except ConnectionLost:
        return Outcome(status=CommandStatus.UNKNOWN, reason="connection_lost")
