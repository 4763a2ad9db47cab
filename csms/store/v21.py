"""What OCPP 2.1 asks of the store: leave to transfer energy, dynamic profiles, payment."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import RowMapping, Select, and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.domain.commands import CommandStatus, Setpoint
from csms.domain.discharge import DischargeDialect
from csms.domain.dynamic import DynamicProfile
from csms.domain.ids import ChargingStationId, EvseId, IdToken
from csms.domain.messages_v21 import Company
from csms.store.engine import outage_named
from csms.store.tables import (
    charging_station,
    dynamic_profile,
    evse,
    token_energy_transfer,
    transaction,
    transaction_energy_transfer,
    variable,
    vat_company,
)

IN_FORCE = (CommandStatus.SENT.value, CommandStatus.CONFIRMED.value)


class PostgresV21:
    """Implements the protocols of `handlers.ports_v21`. All raise StoreUnavailable."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_token(
        self, station_id: ChargingStationId, id_token: IdToken
    ) -> tuple[str, ...] | None:
        """What the token may use of what the station supports; None if either is unknown."""
        listed = select(token_energy_transfer).where(token_energy_transfer.c.id_token == id_token)
        told = await self._first(listed)
        return None if told is None else await self._supported(station_id, told["modes"])

    async def of_evse(
        self, station_id: ChargingStationId, evse_id: EvseId
    ) -> tuple[str, ...] | None:
        """As last told the station for the running transaction, else as its token may."""
        told = transaction_energy_transfer
        running = await self._first(
            select(transaction.c.id_token, told.c.modes)
            .select_from(
                evse.join(
                    transaction,
                    and_(
                        transaction.c.station_id == evse.c.station_id,
                        transaction.c.transaction_id == evse.c.transaction_id,
                    ),
                ).outerjoin(
                    told,
                    and_(
                        told.c.station_id == transaction.c.station_id,
                        told.c.transaction_id == transaction.c.transaction_id,
                    ),
                )
            )
            .where(evse.c.station_id == station_id, evse.c.evse_id == evse_id)
        )
        if running is None:
            return None
        if running["modes"] is not None:
            return tuple(running["modes"])
        id_token = running["id_token"]
        return None if id_token is None else await self.of_token(station_id, id_token)

    async def profile(
        self, station_id: ChargingStationId, profile_id: int
    ) -> DynamicProfile | None:
        """None too if the profile's transaction is over."""
        row = await self._first(
            select(
                dynamic_profile, evse.c.setpoint_w, evse.c.setpoint_until, evse.c.setpoint_status
            )
            .select_from(
                dynamic_profile.outerjoin(
                    evse,
                    and_(
                        evse.c.station_id == dynamic_profile.c.station_id,
                        evse.c.evse_id == dynamic_profile.c.evse_id,
                    ),
                )
            )
            .where(
                dynamic_profile.c.station_id == station_id,
                dynamic_profile.c.profile_id == profile_id,
                dynamic_profile.c.transaction_id.is_(None)
                | (dynamic_profile.c.transaction_id == evse.c.transaction_id),
            )
        )
        if row is None:
            return None
        return DynamicProfile(
            operation_mode=row["operation_mode"],
            duration_s=row["duration_s"],
            values=row["payload"],
            setpoint=_setpoint(row),
        )

    async def speaks_v2x(self, station_id: ChargingStationId) -> bool:
        """By its dialect: of the allow-list, its device model or an operator. One that lost its
        dialect for a fault goes on speaking as it did."""
        found = select(charging_station.c.discharge_dialect, charging_station.c.discharge_fault)
        row = await self._first(found.where(charging_station.c.station_id == station_id))
        if row is None:
            return False
        speaks = row["discharge_dialect"] == DischargeDialect.OCPP201_V2X
        return speaks or row["discharge_fault"] is not None

    async def company(self, vat_number: str) -> Company | None:
        """Spaces and case of a VAT number say nothing."""
        number = "".join(vat_number.split()).upper()
        row = await self._first(select(vat_company).where(vat_company.c.vat_number == number))
        if row is None:
            return None
        return Company(**{name: value for name, value in row.items() if name != "vat_number"})

    async def receipt_server_url(self, station_id: ChargingStationId) -> str | None:
        """PaymentCtrlr.ReceiptServerUrl where ReceiptByCSMS is true."""
        told = await self._variables(station_id, "PaymentCtrlr")
        return told.get("ReceiptServerUrl") if _true(told.get("ReceiptByCSMS")) else None

    async def _supported(
        self, station_id: ChargingStationId, modes: list[str]
    ) -> tuple[str, ...] | None:
        """Those of `modes` that a station with ISO 15118 and V2X in use supports (Q01.FR.01)."""
        v2x = await self._variables(station_id, "V2XChargingCtrlr")
        iso15118 = await self._variables(station_id, "ISO15118Ctrlr")
        if not (_true(v2x.get("Enabled")) and _true(iso15118.get("Enabled"))):
            return None
        supported = {one.strip() for one in v2x.get("SupportedEnergyTransferModes", "").split(",")}
        return tuple(mode for mode in modes if mode in supported)

    async def _variables(self, station_id: ChargingStationId, component: str) -> Mapping[str, str]:
        """Name → actual value; of several EVSEs the one with the most to say."""
        query = select(variable.c.variable, func.max(variable.c.value).label("value")).where(
            variable.c.station_id == station_id,
            variable.c.component == component,
            variable.c.attribute == "Actual",
            variable.c.value.is_not(None),
        )
        with outage_named():
            async with self._engine.connect() as conn:
                rows = await conn.execute(query.group_by(variable.c.variable))
                return {row.variable: row.value for row in rows}

    async def _first(self, query: Select[tuple[object, ...]]) -> RowMapping | None:
        with outage_named():
            async with self._engine.connect() as conn:
                return (await conn.execute(query)).mappings().first()


async def allow_energy_transfer(
    conn: AsyncConnection, id_token: IdToken, modes: tuple[str, ...], now: datetime
) -> None:
    """From now on the token may use these energy transfers (EnergyTransferModeEnumType)."""
    row = {"id_token": id_token, "modes": list(modes), "updated_at": now}
    await conn.execute(
        insert(token_energy_transfer)
        .values(row)
        .on_conflict_do_update(index_elements=["id_token"], set_=row)
    )


async def keep_company(conn: AsyncConnection, vat_number: str, company: Company) -> None:
    """Know a company by its VAT number (normalised: capitals, no spaces)."""
    row = {
        "vat_number": vat_number,
        "name": company.name,
        "address1": company.address1,
        "address2": company.address2,
        "city": company.city,
        "postal_code": company.postal_code,
        "country": company.country,
    }
    await conn.execute(
        insert(vat_company)
        .values(row)
        .on_conflict_do_update(index_elements=["vat_number"], set_=row)
    )


def _setpoint(row: RowMapping) -> Setpoint | None:
    if row["setpoint_w"] is None or row["setpoint_status"] not in IN_FORCE:
        return None
    return Setpoint(setpoint_w=row["setpoint_w"], until=row["setpoint_until"])


def _true(value: str | None) -> bool:
    return value is not None and value.strip().lower() == "true"
