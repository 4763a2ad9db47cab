"""The simulator's configuration: one JSON file, written by whoever starts it."""

from pathlib import Path

import msgspec
from msgspec import Struct

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


def load_config(path: Path) -> Config:
    """Read `path`. Raises OSError or msgspec.ValidationError (a ValueError)."""
    return msgspec.json.decode(
        path.read_bytes(), type=Config, dec_hook=lambda kind, value: kind(value)
    )
