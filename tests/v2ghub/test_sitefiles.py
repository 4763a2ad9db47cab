"""Site files: all problems at once, and a demo's devices at the simulator's port."""

from pathlib import Path

import msgspec
import pytest

from scheduler.domain.site import ModbusDevice
from v2ghub.errors import HubError
from v2ghub.settings import PACKAGED_SITES
from v2ghub.sitefiles import on_modbus_port, read_sites

EV36ZERO = PACKAGED_SITES / "ev36zero.toml"


def devices(node: object) -> list[ModbusDevice]:
    if isinstance(node, ModbusDevice):
        return [node]
    if isinstance(node, tuple):
        return [found for one in node for found in devices(one)]
    if isinstance(node, msgspec.Struct):
        return [found for name in node.__struct_fields__ for found in devices(getattr(node, name))]
    return []


def test_only_host_and_port_of_the_devices_change() -> None:
    (one,) = read_sites([EV36ZERO])
    moved = on_modbus_port(one.site, "127.0.0.1", 25_020)
    before, after = devices(one.site), devices(moved)
    assert len(before) >= 5
    assert [device.unit_id for device in after] == [device.unit_id for device in before]
    assert {(device.host, device.port) for device in after} == {("127.0.0.1", 25_020)}
    assert on_modbus_port(moved, before[0].host, before[0].port) == one.site


def test_every_problem_of_every_file_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("site_id = ")
    greedy = tmp_path / "greedy.toml"
    text = EV36ZERO.read_text().replace(
        "[grid_connection]", "[grid_connection]\nimprot_limit_w = 1"
    )
    greedy.write_text(text.replace('circuit_id = "v2g-bay"', 'circuit_id = "V2G bay"', 1))
    with pytest.raises(HubError) as refused:
        read_sites([broken, greedy, tmp_path / "none.toml", EV36ZERO, EV36ZERO])
    told = str(refused.value)
    for words in (
        "broken.toml: ",
        "improt_limit_w",
        "circuits",
        "none.toml: No such file",
        "two files",
    ):
        assert words in told
