"""What can be set from outside: ``TRIVET_…`` variables of the environment, with safe defaults."""

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

STORE_FILE = "trivet.sqlite3"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class UnsafeSettings(Exception):
    """Settings under which the service refuses to start."""


class Settings(BaseSettings):
    """Every setting with its default; ``trivet settings`` prints the ones in force, secrets masked."""

    model_config = SettingsConfigDict(env_prefix="TRIVET_", frozen=True, extra="ignore")

    home: Path = Field(default=Path("var"), description="data folder: database, temporary files, caches")
    rules: Path = Field(default=Path("rules"), description="folder of rule packs and their lock")
    database_url: SecretStr | None = Field(default=None, description="Postgres; SQLite below home without it")
    nats_url: SecretStr | None = Field(
    database_pool: int = Field(default=8, ge=2, le=200, description="connections of a process to Postgres")
    database_wait_seconds: int = Field(default=5, ge=1, description="wait for a free connection, then 503")
    database_lock_seconds: int = Field(default=5, ge=1, description="wait for a lock of Postgres, then 503")
    database_statement_seconds: int = Field(default=30, ge=1, description="longest statement of Postgres")
    requests_at_once: int = Field(default=512, ge=1, description="requests in progress before a 503")
    body_bytes_at_once: int = Field(
        default=16 * 1024 * 1024, ge=1024 * 1024, description="bytes of bodies in progress before a 503"
    )
    rate_limit: str = Field(
        default="5000/second",
        pattern="^(off|[1-9][0-9]{0,6}/(second|minute|hour))$",
        description="requests of one client before a 429, over all processes where Redis is set; or off",
    )
        default=None, description="NATS JetStream; in-process events without it"
    )
    redis_url: SecretStr | None = Field(default=None, description="Redis; in-process quotes without it")
    clock: Literal["real", "player"] = Field(
        default="real", description="whose time a service apart goes by; the player's is in Redis"
    )
    worker: str = Field(
        default="",
        pattern="^[a-z0-9-]{0,32}$",
        description="name of this process among those of its service; names its chain of the audit log",
    )
    starting_cash: Decimal = Field(default=Decimal(1_000_000), gt=0, description="cash of a new book, USD")
    scenario_seed: int = Field(
        default=20120518, description="draws the fake strategy's throws and the scenario's faults"
    )
    auth: Literal["local", "required"] = Field(default="local", description="who may call the APIs")

    def store_url(self) -> str:
        """The database address: as set, or an SQLite file in the data folder."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home.absolute() / STORE_FILE}"

    def at_home(self, home: Path) -> "Settings":
        """These settings on an SQLite store of its own in ``home``, whatever the database was."""
        return self.model_copy(update={"home": home, "database_url": None})

    def refuse_unsafe(self, host: str) -> None:
        """Raise ``UnsafeSettings`` unless ``host`` and the way callers are known go together."""
        if self.auth == "required":
            raise UnsafeSettings(
                "TRIVET_AUTH=required needs at least one key and this version cannot make keys yet; "
                "unset it and stay on loopback"
            )
        if host not in LOOPBACK:
            raise UnsafeSettings(
                f"--host {host} is reachable from other machines, which needs TRIVET_AUTH=required and a "
                "key; this version cannot make keys yet, so bind to 127.0.0.1"
            )

    def refuse_mixed(self) -> None:
        """Raise ``UnsafeSettings`` unless what services apart need is there as a whole, or not at all."""
        servers = {"TRIVET_NATS_URL": self.nats_url, "TRIVET_REDIS_URL": self.redis_url}
        if self.clock == "real" and any(servers.values()):
            raise UnsafeSettings(
                f"{' and '.join(servers)} are for services apart, which go by the player's time; "
                "set TRIVET_CLOCK=player, or unset them"
            )
        needed = {"TRIVET_DATABASE_URL": self.database_url, **servers}
        missing = ", ".join(name for name, value in needed.items() if value is None)
        if self.clock == "player" and missing:
            raise UnsafeSettings(f"TRIVET_CLOCK=player needs {missing} as well; set it, or start trivet run")
