"""The simulator's configuration: one JSON file, written by whoever starts it."""

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from simulator.faults import Faults
from simulator.noise import DEFAULT_SEED


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`stations` maps each station of the site file to its password. An empty `api_url`: no driver
    tells anything."""

    site_file: Path
    ocpp_url: str
    stations: dict[str, str]
    modbus_port: int
    records_dir: Path
    modbus_host: str = "127.0.0.1"
    api_url: str = ""
    api_token: str = ""
    seed: int = DEFAULT_SEED
    versions: dict[str, Literal["1.6", "2.0.1", "2.1"]] = {}
    """OCPP version by station; those not named speak their model's."""
    faults: dict[str, Faults] = {}
    """How stations misbehave; those not named do not."""


def load_config(path: Path) -> Config:
    """Read `path`. Raises OSError or msgspec.ValidationError (a ValueError)."""
    return msgspec.json.decode(
        path.read_bytes(), type=Config, dec_hook=lambda kind, value: kind(value)
    )
