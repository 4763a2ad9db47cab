"""`data/quirks.toml`: what is known of vendors' stations before the first of them connects."""

import tomllib
from importlib.resources import files

from csms.domain.quirks import QuirkTable


def quirk_table() -> QuirkTable:
    """The rows of the file. Raises ValueError on a row that says something unknown."""
    table = tomllib.loads(files("csms").joinpath("data/quirks.toml").read_text())
    return QuirkTable.parse(table.get("models", []))
