"""Site files: read, checked, and for a demo pointed at the simulator's own Modbus port."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.domain.errors import SiteRefused
from scheduler.domain.site import ModbusDevice, Site
from scheduler.domain.site_rules import load_site
from scheduler.services.load_site import store_site
from v2ghub.errors import HubError


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A site and the file that says so."""

    path: Path
    site: Site


def read_sites(paths: Sequence[Path]) -> list[SiteFile]:
    """Every site. Raise: `HubError` with all problems of all files."""
    files: list[SiteFile] = []
    problems: list[str] = []
    for path in paths:
        try:
            files.append(SiteFile(path.resolve(), load_site(path.read_text())))
        except OSError as error:
            problems.append(f"{path}: {error.strerror}")
        except UnicodeDecodeError:
            problems.append(f"{path}: not a text file in UTF-8")
        except SiteRefused as refused:
            problems += [f"{path}: {problem}" for problem in refused.problems]
    twice = {one.site.site_id for one in files if _count(files, one.site.site_id) > 1}
    problems += [f"two files describe the site {site_id}" for site_id in sorted(twice)]
    if problems:
        raise HubError("\n".join(["these site files cannot be run:", *problems]))
    return files


async def store(engine: AsyncEngine, site: Site, now: datetime) -> None:
    """Store a site. Raise: `HubError` if the stations that stand there do not fit it."""
    try:
        await store_site(engine, site, now=now)
    except SiteRefused as refused:
        raise HubError(
            "\n".join([f"{site.site_id} does not fit its stations:", *refused.problems])
        ) from refused


def on_modbus_port(site: Site, host: str, port: int) -> Site:
    """The site with every Modbus device at `host`:`port`; unit ids stay."""
    return msgspec.convert(_moved(msgspec.to_builtins(site), host, port), Site)


def _moved(node: Any, host: str, port: int) -> Any:
    if isinstance(node, list | tuple):
        return [_moved(one, host, port) for one in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == set(ModbusDevice.__struct_fields__):
        return {**node, "host": host, "port": port}
    return {key: _moved(value, host, port) for key, value in node.items()}


def _count(files: Sequence[SiteFile], site_id: str) -> int:
    return sum(one.site.site_id == site_id for one in files)
