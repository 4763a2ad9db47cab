"""LocalSettings: what the command reads from the environment, once."""

import os
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from v2ghub.errors import HubError

PACKAGED_SITES = Path(__file__).parents[1] / "sites"
EXAMPLE = Path("ev36zero")


class LocalSettings(BaseSettings):
    """The hub of this machine. An engine whose URL is given is not embedded."""

    model_config = SettingsConfigDict(env_prefix="V2GHUB_", frozen=True, extra="ignore")

    state_dir: Path = Path(".v2ghub")
    database_url: str | None = None
    redis_url: str | None = None
    secret: SecretStr | None = None
    ocpp_host: str = "127.0.0.1"
    ocpp_port: int = Field(default=9000, ge=1, le=65535)
    csms_processes: int = Field(default=1, ge=1, le=16, description="they share the OCPP port")
    worker_processes: int = Field(default=1, ge=1, le=16, description="they share the sites")
    controller_processes: int = Field(
        default=2, ge=1, le=4, description="of each site; one leads, the others stand by"
    )
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8000, ge=1, le=65535)
    sites: str = Field(default="", description="site files, separated as in PATH")

    def site_files(self, named: list[Path]) -> list[Path]:
        """The files named on the command line, else in V2GHUB_SITES; none if neither names any."""
        listed = [Path(one) for one in self.sites.split(os.pathsep) if one]
        return [site_file(one) for one in named or listed]


def site_file(path: Path) -> Path:
    """The file, or the packaged example of that name (`ev36zero`, `depot`)."""
    packaged = PACKAGED_SITES / f"{path}.toml"
    return packaged if not path.exists() and packaged.is_file() else path


def read_settings() -> LocalSettings:
    """The settings. Raise: `HubError` with a sentence per variable that is wrong."""
    try:
        return LocalSettings()
    except ValidationError as error:
        told = [
            f"V2GHUB_{str(one['loc'][0]).upper()}: {one['msg']} (it is {one['input']!r})"
            for one in error.errors()
        ]
        raise HubError("; ".join(told)) from None
