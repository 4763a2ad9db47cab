"""A SunSpec device over Modbus TCP: find its models, read and write points by their names.

Layouts, types and scale factors are SunSpec's own model definitions (pysunspec2). The chain starts
at register 40000 with "SunS"; each model says its id and length, 0xFFFF ends it. A point that is
not implemented, or not a number, is None. Any failure is `DeviceSilent`; the next call reconnects.
"""

import asyncio
import math
import struct
from collections.abc import Callable, Mapping, Sequence

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from sunspec2.device import Model, Point
from sunspec2.mb import SUNS_BASE_ADDR_DEFAULT, SUNS_END_MODEL_ID

from scheduler.domain.site import ModbusDevice

SUNS = [0x5375, 0x6E53]
SCAN_LIMIT_S = 5.0
LONGEST_CHAIN = 40
COMMON_MODEL = 1


class DeviceSilent(Exception):  # noqa: N818 - the state of the world, not a mistake of ours
    """The device did not answer in time, or not as SunSpec says."""


class SunSpecDevice:
    """One unit of a Modbus gateway, on a connection of its own."""

    def __init__(self, device: ModbusDevice, *, timeout_s: float) -> None:
        self._device = device
        self._timeout_s = timeout_s
        self._client: AsyncModbusTcpClient | None = None
        self._models: dict[int, tuple[int, Model]] = {}
        self._opening: asyncio.Task[None] | None = None

    @property
    def model_ids(self) -> frozenset[int]:
        """The models found; empty before the first answer."""
        return frozenset(self._models)

    async def open(self) -> None:
        """Connect and find the models; they stay known when the connection breaks."""
        if self._client is not None and self._client.connected and self._models:
            return
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(_retrieve)
        try:  # a slow scan goes on while the caller gets on with its cycle
            async with asyncio.timeout(self._timeout_s):
                await asyncio.shield(self._opening)
        except TimeoutError:
            raise DeviceSilent("no connection yet") from None

    async def read(self, model_id: int, *names: str) -> dict[str, float | None]:
        """The named points of a model, scaled; one request for the span that holds them."""
        await self.open()
        address, model = self._model(model_id)
        points = [model.points[name] for name in names]
        needed = points + [model.points[p.sf] for p in points if p.sf in model.points]
        first = min(point.offset for point in needed)
        after = max(point.offset + point.len for point in needed)
        registers = await self._registers(address + first, after - first)
        data = struct.pack(f">{len(registers)}H", *registers)
        for point in needed:
            point.set_mb(data[2 * (point.offset - first) :])
            if point.pdef["type"] == "sunssf" and point.value is None:
                point.set_value(0)
        return {point.pdef["name"]: _number(point) for point in points}

    async def write(self, model_id: int, values: Mapping[str, float]) -> None:
        """Write neighbouring points of a model in one request; a point without scale factor
        that is an integer takes an int."""
        await self.open()
        address, model = self._model(model_id)
        points = [point for name, point in model.points.items() if name in values]
        if any(model.points[point.sf].value is None for point in points if point.sf):
            await self.read(model_id, *values)  # a read of a point brings its scale factor
        data = bytearray()
        for point in points:
            point.set_value(values[point.pdef["name"]], computed=True)
            data += point.get_mb()
        registers = list(struct.unpack(f">{len(data) // 2}H", data))
        await self._call(
            lambda client: client.write_registers(
                address + points[0].offset, registers, device_id=self._device.unit_id
            )
        )

    def close(self) -> None:
        """Drop the connection and any attempt at one; the next read opens another."""
        if self._opening is not None:
            self._opening.cancel()
        self._drop()

    async def _open(self) -> None:
        self._drop()
        self._client = AsyncModbusTcpClient(
            self._device.host,
            port=self._device.port,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
        )
        try:
            async with asyncio.timeout(SCAN_LIMIT_S):
                await self._client.connect()
                self._models = await self._scan()
        except (DeviceSilent, TimeoutError) as error:
            self._drop()
            raise DeviceSilent(str(error) or "the scan took too long") from None

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    async def _scan(self) -> dict[int, tuple[int, Model]]:
        address = SUNS_BASE_ADDR_DEFAULT
        if await self._registers(address, len(SUNS)) != SUNS:
            raise DeviceSilent("no SunSpec device: registers 40000-40001 are not 'SunS'")
        address += len(SUNS)
        found: dict[int, tuple[int, Model]] = {}
        for _ in range(LONGEST_CHAIN):
            model_id, length = await self._registers(address, 2)
            if model_id == SUNS_END_MODEL_ID:
                return found
            if model_id != COMMON_MODEL:
                found[model_id] = (address, Model(model_id, model_len=length))
            address += 2 + length
        raise DeviceSilent(f"no end after {LONGEST_CHAIN} models")

    def _model(self, model_id: int) -> tuple[int, Model]:
        if model_id not in self._models:
            raise DeviceSilent(f"it has no model {model_id}")
        return self._models[model_id]

    async def _registers(self, address: int, count: int) -> list[int]:
        answer = await self._call(
            lambda client: client.read_holding_registers(
                address, count=count, device_id=self._device.unit_id
            )
        )
        if len(answer) != count:
            raise DeviceSilent(f"asked for {count} registers, got {len(answer)}")
        return list(answer)

    async def _call(self, send: Callable[[AsyncModbusTcpClient], object]) -> Sequence[int]:
        client = self._client
        if client is None:
            raise DeviceSilent("not connected")
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await send(client)  # type: ignore[misc]
        except (ModbusException, OSError, TimeoutError) as error:
            self._drop()  # a late answer must not be taken for the next one
            raise DeviceSilent(type(error).__name__) from None
        if answer.isError():
            raise DeviceSilent(f"it answered {answer}")
        registers: Sequence[int] = answer.registers
        return registers


def _retrieve(opening: asyncio.Task[None]) -> None:
    """Whoever waited was told; an attempt that nobody waited for any more may fail in silence."""
    if not opening.cancelled():
        opening.exception()


def _number(point: Point) -> float | None:
    value = point.cvalue
    return None if value is None or not math.isfinite(value) else float(value)
