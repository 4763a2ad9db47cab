"""A small SunSpec plant for tests: a real pymodbus server whose registers the models lay out."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from sunspec2.device import Model

BASE = 40000


@dataclass
class Unit:
    """One device: its models in order. `before_read` may refresh their values."""

    unit_id: int
    models: dict[int, Model] = field(default_factory=dict)
    before_read: Callable[[], None] = lambda: None
    delay_s: float = 0.0
    broken: bool = False
    writes: int = 0

    def with_model(self, model_id: int, **values: float) -> "Unit":
        """Add a model; scale factors are set first, then values in their units."""
        model = Model(model_id)
        self.models[model_id] = model
        for name in sorted(values, key=lambda name: not name.endswith("_SF")):
            self.put(model_id, name, values[name])
        return self

    def put(self, model_id: int, name: str, value: float) -> None:
        """Set a point in its unit."""
        point = self.models[model_id].points[name]
        point.set_value(value, computed=not name.endswith("_SF"))

    def value(self, model_id: int, name: str) -> float | None:
        """A point in its unit."""
        found: float | None = self.models[model_id].points[name].cvalue
        return found

    def registers(self) -> list[int]:
        """The whole chain from 40000."""
        data = b"SunS" + b"".join(model.get_mb() for model in self.models.values())
        data += struct.pack(">HH", 0xFFFF, 0)
        return list(struct.unpack(f">{len(data) // 2}H", data))

    async def answer(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        values: list[int] | None,
    ) -> ExcCodes | None:
        """pymodbus asks this before it serves a request."""
        await asyncio.sleep(self.delay_s)
        if self.broken:
            return ExcCodes.DEVICE_FAILURE
        self.before_read()
        registers[:] = self.registers()
        if values is not None:
            self.writes += 1
            registers[address - BASE : address - BASE + len(values)] = values
            self._take(registers)
        return None

    def _take(self, registers: list[int]) -> None:
        data = struct.pack(f">{len(registers)}H", *registers)[4:]
        for model in self.models.values():
            model.set_mb(data)
            data = data[2 * model.len :]


@asynccontextmanager
async def served(*units: Unit, port: int = 0) -> AsyncIterator[int]:
    """Serve the units on 127.0.0.1; the port."""
    devices = [
        SimDevice(
            id=unit.unit_id,
            simdata=[SimData(BASE, values=unit.registers(), datatype=DataType.REGISTERS)],
            action=unit.answer,
        )
        for unit in units
    ]
    server = ModbusTcpServer(devices, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    try:
        yield server.transport.sockets[0].getsockname()[1]
    finally:
        await server.shutdown()
