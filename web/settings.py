"""WebSettings: what the web process reads from the environment, once, in its `main`."""

from pathlib import Path

from pydantic import Field

from csms.settings import HubSettings

CONSOLE = Path(__file__).parent / "static"


class WebSettings(HubSettings):
    """The HTTP listener, the console's files, and how long a login lasts (real time)."""

    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8000, ge=0, le=65535)
    static_dir: Path = Field(default=CONSOLE, description="the built console")
    session_hours: float = Field(default=12.0, gt=0, le=24)
    stream_interval_s: float = Field(default=1.0, gt=0, description="real seconds per tick")
    public_url: str = Field(default="", description="how stations reach us, to upload logs to")
    upload_max_bytes: int = Field(default=67_108_864, gt=0)

    @property
    def upload_url(self) -> str:
        """Without a slash at its end."""
        return (self.public_url or f"http://{self.web_host}:{self.web_port}").rstrip("/")
