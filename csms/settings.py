"""Settings, read once in a process' `main` and handed down. The environment is the only source."""

from pathlib import Path
from socket import gethostname
from typing import Self

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from csms.domain.payment_link import template_fault


def said_of(error: ValidationError) -> str:
    """Each setting that is missing or wrong, and why where that is not plain; never its value."""
    said = []
    for one in error.errors():
        name = "".join(f"V2GHUB_{str(part).upper()}" for part in one["loc"][:1])
        why = str(one["ctx"]["error"]) if one["type"] == "value_error" else ""
        said.append(f"{name} ({why})" if name and why else name or why)
    return ", ".join(said)


class HubSettings(BaseSettings):
    """What every process needs: where the truth is, where the hints are, and the pepper."""

    model_config = SettingsConfigDict(
        env_prefix="V2GHUB_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: str = Field(description="postgresql://user:password@host/name (or ?host=/socket)")
    redis_url: str = Field(description="redis://host:port/0 or unix:///path?db=0")
    secret: SecretStr = Field(min_length=32, description="pepper of passwords and API tokens")
    state_dir: Path = Path(".v2ghub")
    log_level: str = "INFO"
    worker_processes: int = Field(
        default=1, ge=1, le=16, description="workers that share the sites to plan"
    )
    retention_days: int = Field(
        default=90,
        ge=1,
        description="notices, events, meter readings, uploaded logs and decisions are kept so long",
    )
    payment_link: str = Field(
        default="", description="URL template of stations' dynamic QR codes (C25); empty: none"
    )
    static_payment_link: str = Field(default="", description="the same for stickers: no password")

    @field_validator("payment_link", "static_payment_link")
    @classmethod
    def _is_a_template(cls, template: str, about: ValidationInfo) -> str:
        dynamic = about.field_name == "payment_link"
        if template and (fault := template_fault(template, dynamic=dynamic)) is not None:
            raise ValueError(fault)
        return template


class CsmsSettings(HubSettings):
    """The OCPP listener."""

    csms_name: str = Field("", description="this process among the csms, the same in each life")
    ocpp_host: str = "127.0.0.1"
    ocpp_port: int = 9000
    ocpp_port_shared: bool = Field(False, description="several processes of a machine listen on it")
    ocpp_plain: bool = Field(True, description="listen without TLS (security profile 1), too")
    ocpp_tls_port: int | None = Field(None, description="security profiles 2 and 3; none: no TLS")
    ocpp_tls_host: str = "127.0.0.1"
    ocpp_tls_cert: str = Field("", description="PEM chains, comma-separated: one per kind of key")
    ocpp_tls_key: str = Field("", description="their keys, in the same order")
    ocpp_tls_client_ca: str = Field("", description="PEM roots of stations' own certificates")
    ocpp_tls_legacy_port: int | None = Field(
        None, description="a second TLS listener, with RSA key exchange: no forward secrecy"
    )
    ping_interval_s: float = 20.0
    call_timeout_s: float = 30.0
    max_frame_bytes: int = 262_144
    station_frames_per_s: float = Field(500.0, gt=0, description="a faster station is slowed")
    station_frames_burst: float = Field(500.0, ge=1)
    accept_unknown_tokens: bool = True
    organization: str = Field("", description="O of station certificates; empty: any (A00.FR.404)")
    station_certificate_days: int = Field(365, ge=1, le=3650)
    ocsp_hosts: str = Field(
        "", description="hosts of OCSP responders and revocation lists we may ask, comma-separated"
    )
    ocsp_issuers: str = Field(
        "", description="PEM of other authorities whose certificates stations ask about"
    )
    contract_roots: str = Field("", description="PEM roots of contracts, comma-separated (C07)")
    contract_pool_url: str = Field("", description="who answers Get15118EVCertificate; empty: none")
    payment_url: str = Field("", description="settles payments (csms/payments.py); empty: none")
    payment_token: SecretStr = Field(SecretStr(""), description="bearer token for payment_url")
    concurrent_transactions: bool = Field(True, description="a token may charge in two places")
    master_pass_group_id: str = Field("", description="its tokens stop any transaction (C16)")

    @field_validator("ocpp_port_shared")
    @classmethod
    def _each_has_a_name(cls, shared: bool, others: ValidationInfo) -> bool:
        """Two that go by one name would each take the other for its own previous life."""
        if shared and not others.data.get("csms_name"):
            raise ValueError("set V2GHUB_CSMS_NAME, one for each process")
        return shared

    @model_validator(mode="after")
    def _listens(self) -> Self:
        """Somewhere, and with TLS only with certificates that have their keys."""
        if self.ocpp_tls_port is None and self.ocpp_tls_legacy_port is None:
            if not self.ocpp_plain:
                raise ValueError(
                    "nothing to listen on: V2GHUB_OCPP_PLAIN is off and no V2GHUB_OCPP_TLS_PORT set"
                )
            return self
        certificates, keys = paths(self.ocpp_tls_cert), paths(self.ocpp_tls_key)
        if not certificates or len(certificates) != len(keys):
            raise ValueError(
                f"V2GHUB_OCPP_TLS_CERT names {len(certificates)} files and V2GHUB_OCPP_TLS_KEY"
                f" {len(keys)}: TLS needs at least one certificate, and a key for each"
            )
        return self

    @property
    def process(self) -> str:
        """Under this name it holds connections and beats; nobody else listens there unshared."""
        return self.csms_name or f"csms:{gethostname()}:{self.ocpp_port}"


def paths(setting: str) -> tuple[Path, ...]:
    """The files that a setting names, comma-separated."""
    return tuple(Path(part.strip()) for part in setting.split(",") if part.strip())
