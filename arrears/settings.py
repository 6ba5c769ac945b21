"""One settings object, read once from the environment (`ARREARS_…`) or a `.env` file by the command line."""

from ipaddress import ip_network
from pathlib import Path
from typing import Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class Settings(BaseSettings):
    """Every field has a default that is right for one machine; production sets the database and the address."""

    model_config = SettingsConfigDict(env_prefix="ARREARS_", env_file=".env", extra="ignore")

    data_dir: Path = Path(".arrears")
    cache_dir: Path | None = None
    database_url: str | None = None
    busy_seconds: float = Field(default=4.0, gt=0, le=8)
    statement_seconds: float = Field(default=30.0, ge=1, le=600)
    database_pool: int = Field(default=16, ge=1, le=200)

    temporal_address: str | None = None
    temporal_namespace: str = "arrears"
    temporal_ui_url: str | None = None
    temporal_retention_days: int = Field(default=60, ge=1)
    time_skipping: bool = False
    shift_seconds: int = Field(default=0, ge=0)
    # The sandbox costs about a third of a worker's CPU; lint and the replay of histories hold the line instead.
    unsandboxed: bool = True
    run_events: int = Field(default=1500, ge=50)
    max_cached_workflows: int = Field(default=1000, ge=10)
    # Temporal joins the two by a dot, so the first may have none.
    deployment: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,80}$")
    worker_metrics: str | None = Field(default=None, pattern=r"^(\[[0-9a-fA-F:]+\]|[0-9.]+):[0-9]{1,5}$")
    otlp_endpoint: str | None = Field(default=None, pattern=r"^https?://")
    build_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._+-]{1,80}$")

    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=1, le=65535)
    ui_port: int | None = None
    secure_cookies: bool = False
    step_up_minutes: int = Field(default=5, ge=1, le=600)

    pack: str = "cn-bank-2026"
    letters_dir: Path | None = None
    documents_dir: Path | None = None
    bank_file: Path | None = None
    notice_channel: str = "file"
    token_key_file: Path | None = None
    token_key: SecretStr | None = None
    audit_key_file: Path | None = None
    payload_key_file: Path | None = None
    webhook_secrets_file: Path | None = None
    webhook_secrets: SecretStr | None = None
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    host_names: str | None = None
    proxies: str = "127.0.0.1,::1"
    requests_per_second: int = Field(default=100, ge=1, le=10_000)

    relay_in_flight: int = Field(default=32, ge=1, le=256)
    relay_resend_seconds: float = Field(default=15.0, gt=0)
    relay_max_attempts: int = Field(default=20, ge=1)

    # For so long an answer given on a page can be taken back before its case hears of it; JSON answers never wait.
    undo_seconds: int = Field(default=10, ge=0, le=60)

    feeds_max_rejects: int = Field(default=0, ge=0)

    @field_validator("proxies")
    @classmethod
    def _proxies_are_addresses(cls, named: str) -> str:
        """Whoever may say on whose behalf a request comes is named one by one; nobody, and not everybody."""
        for one in filter(None, (part.strip() for part in named.split(","))):
            if ip_network(one).prefixlen == 0:
                raise ValueError("everybody would be believed")
        return named

    @model_validator(mode="after")
    def _only_trials_have_a_clock_of_their_own(self) -> Self:
        if self.shift_seconds and not self.time_skipping:
            raise ValueError(
                "ARREARS_SHIFT_SECONDS needs ARREARS_TIME_SKIPPING=true, and neither is for production"
            )
        return self

    @model_validator(mode="after")
    def _no_session_goes_over_the_wire_in_the_clear(self) -> Self:
        if not self.secure_cookies and self.host not in _LOOPBACK:
            raise ValueError(
                f"ARREARS_HOST={self.host} lets others in over plain HTTP: put a proxy with TLS before it and set "
                "ARREARS_SECURE_COOKIES=true, or listen on 127.0.0.1"
            )
        return self

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'arrears.db').as_posix()}"

    @property
    def answers_to(self) -> list[str]:
        """Names under which the web server is reached; a request for another one was not meant for it."""
        named = {name.strip() for name in (self.host_names or "").split(",")} | {self.host}
        return sorted({"127.0.0.1", "localhost"} | (named - {"", "0.0.0.0"}))  # noqa: S104 - that one is no name

    @property
    def letters(self) -> Path:
        return self.letters_dir or self.data_dir / "letters"

    @property
    def documents(self) -> Path:
        return self.documents_dir or self.data_dir / "documents"
