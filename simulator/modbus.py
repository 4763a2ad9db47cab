"""Serves the plant's SunSpec units over Modbus TCP: one port, a unit id per device."""

from functools import partial

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from simulator.plant import Plant
from simulator.sunspec import BASE, StoreUnit, Unit, plant_units


def make_server(plant: Plant, host: str, port: int) -> ModbusTcpServer:
    """A server for the plant's units, not started; `serve_forever()` runs it."""
    return ModbusTcpServer([_device(unit) for unit in plant_units(plant)], address=(host, port))


def _device(unit: Unit) -> SimDevice:
    chain = SimData(BASE, values=unit.registers(), datatype=DataType.REGISTERS)
    return SimDevice(id=unit.unit_id, simdata=[chain], action=partial(_act, unit))


async def _act(
    unit: Unit,
    _function_code: int,
    _start_address: int,
    address: int,
    _count: int,
    registers: list[int],
    values: list[int] | list[bool] | None,
) -> ExcCodes | None:
    """Before a read, the registers say what is so now; a write goes to the unit first."""
    if values is not None and not (
        isinstance(unit, StoreUnit) and unit.write(address, [int(value) for value in values])
    ):
        return ExcCodes.ILLEGAL_ADDRESS
    registers[:] = unit.registers()
    return None
