"""What can be set from outside: ``TRIVET_…`` variables of the environment, with safe defaults."""

from decimal import Decimal
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

STORE_FILE = "trivet.sqlite3"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class UnsafeSettings(Exception):
    """Settings under which the service refuses to start."""


class UnfitDatabase(UnsafeSettings, ValueError):
    """A ``TRIVET_DATABASE_URL`` of no kind that can be used."""


class Settings(BaseSettings):
    """Every setting with its default; ``trivet settings`` prints the ones in force, secrets masked."""

    model_config = SettingsConfigDict(env_prefix="TRIVET_", frozen=True, extra="ignore")

    home: Path = Field(default=Path("var"), description="data folder: database, temporary files, caches")
    rules: Path = Field(default=Path("rules"), description="folder of rule packs and their lock")
    database_url: SecretStr | None = Field(default=None, description="Postgres; SQLite below home without it")
    database_pool: int = Field(default=8, ge=2, le=200, description="connections of a process to Postgres")
    database_wait_seconds: int = Field(default=5, ge=1, description="wait for a free connection, then 503")
    database_lock_seconds: int = Field(default=5, ge=1, description="wait for a lock of Postgres, then 503")
    database_statement_seconds: int = Field(default=30, ge=1, description="longest statement of Postgres")
    retention_days: int = Field(
        default=180, ge=1, description="days that `trivet retention` keeps decisions for"
    )
    requests_at_once: int = Field(default=512, ge=1, description="requests in progress before a 503")
    body_bytes_at_once: int = Field(
        default=16 * 1024 * 1024, ge=1024 * 1024, description="bytes of bodies in progress before a 503"
    )
    rate_limit: str = Field(
        default="5000/second",
        pattern="^(off|[1-9][0-9]{0,6}/(second|minute|hour))$",
        description="requests of one client before a 429, over all processes where Redis is set; or off",
    )
    nats_url: SecretStr | None = Field(
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
    log: Literal["json", "text"] | None = Field(
        default=None, description="form of the log; text at a terminal and JSON elsewhere without it"
    )
    otlp_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("otlp_url", "TRIVET_OTLP_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="collector of traces, OTLP over HTTP; none are made without it",
    )
    broker: Literal["paper", "alpaca-paper"] = Field(
        default="paper", description="who gets the orders; a played market takes the paper broker alone"
    )
    broker_seconds: float = Field(
        default=5,
        gt=0,
        le=60,
        description="wait for the sandbox broker's answer, then its outcome is unknown",
    )
    alpaca_key_id: SecretStr | None = Field(default=None, description="key of an Alpaca paper account")
    alpaca_secret: SecretStr | None = Field(default=None, description="the secret that goes with that key")
    alpaca_url: str = Field(
        default="https://paper-api.alpaca.markets",
        description="Alpaca's paper API, or one on this machine; live is locked out",
    )
    market: Literal["played", "alpaca"] = Field(
        default="played", description="where quotes come from: recorded bars that are played, or Alpaca live"
    )
    bars: Path | None = Field(
        default=None, description="folder of imported bars to play instead of the sample"
    )
    bars_allow_gaps: bool = Field(default=False, description="play those bars though sessions are missing")
    symbols: str = Field(
        default="AAPL,IBM,MSFT", description="what a live house looks at, with commas; played ones have all"
    )
    alpaca_data_url: str = Field(
        default="https://data.alpaca.markets", description="Alpaca's market data API, or one on this machine"
    )
    alpaca_stream_url: str = Field(
        default="wss://stream.data.alpaca.markets",
        description="Alpaca's stream of market data, or one on this machine",
    )
    alpaca_feed: Literal["iex", "sip"] = Field(
        default="iex", description="the exchange IEX alone, or all of them, which Alpaca sells"
    )
    market_seconds: float = Field(
        default=5, gt=0, le=60, description="wait for the live market's answer, then it is asked again later"
    )
    news: Path | None = Field(
        default=None, description="folder of news items; a played house reads invented ones without it"
    )
    news_feeds: SecretStr | None = Field(
        default=None, description="addresses of RSS and Atom feeds, with commas, which a live house reads"
    )
    events: Path | None = Field(
        default=None, description="file of further events in which trading pauses, such as earnings"
    )
    reasoner: Literal["built-in", "model", "off"] = Field(
        default="built-in",
        description="who gives memos on signals: by rule, by the model named below, nobody",
    )
    model_url: str = Field(
        default="",
        description="where the model is asked, such as http://127.0.0.1:11434/v1; beyond this machine https",
    )
    model: str = Field(default="", max_length=200, description="the model's name, as its server knows it")
    model_key: SecretStr | None = Field(
        default=None, description="key of the model's server, if it wants one"
    )
    model_output: Literal["json-schema", "json-object", "text"] = Field(
        default="json-schema",
        description="how a model is held to the form of a memo; its server must know it",
    )
    model_input_price: Decimal | None = Field(
        default=None,
        ge=0,
        description="dollars for a million tokens sent; without both prices no cost is told",
    )
    model_output_price: Decimal | None = Field(
        default=None, ge=0, description="dollars for a million tokens answered"
    )
    calendar_overrides: Path | None = Field(
        default=None, description="file of sessions that an operator closes, or closes early; none without it"
    )
    quote_jump: Decimal = Field(
        default=Decimal("0.25"),
        gt=0,
        lt=1,
        description="a price further than this fraction from the last close is held until somebody looks",
    )
    starting_cash: Decimal = Field(default=Decimal(1_000_000), gt=0, description="cash of a new book, USD")
    scenario_seed: int = Field(
        default=20120518, description="draws the fake strategy's throws and the scenario's faults"
    )
    auth: Literal["local", "required"] = Field(default="local", description="who may call the APIs")
    allowed_hosts: str = Field(
        default="", description="names under which services may be asked, besides loopback; with commas"
    )
    oidc_issuer: str | None = Field(default=None, description="who issues people's tokens; none without it")
    oidc_audience: str | None = Field(default=None, description="for whom those tokens have to be issued")
    oidc_jwks_url: str | None = Field(default=None, description="where the issuer's public keys are")
    oidc_roles_claim: str = Field(default="roles", description="where a token names its roles")
    oidc_name_claim: str = Field(default="sub", description="where a token names its person")

    @field_validator("database_url", "nats_url", "redis_url")
    @classmethod
    def _readable(cls, url: SecretStr | None) -> SecretStr | None:
        """What cannot be read as an address is told here, without its password; nobody below has to."""
        try:
            urlsplit(url.get_secret_value() if url else "").port  # noqa: B018 - it is read when asked for
        except ValueError:
            raise ValueError(
                "is no address; in its password, write %XX for all but letters and digits"
            ) from None
        return url

    def store_url(self) -> str:
        """The database address: as set, or an SQLite file in the data folder."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home.absolute() / STORE_FILE}"

    def at_home(self, home: Path) -> "Settings":
        """These settings on an SQLite store of its own in ``home``, whatever the database was."""
        return self.model_copy(update={"home": home, "database_url": None})

    @property
    def hosts(self) -> frozenset[str]:
        """The names of ``allowed_hosts``, in lower case."""
        return frozenset(name.strip().lower() for name in self.allowed_hosts.split(",") if name.strip())

    def refuse_unsafe(self, host: str) -> None:
        """Raise ``UnsafeSettings`` unless ``host`` and the way callers are known go together."""
        if host not in LOOPBACK and self.auth != "required":
            raise UnsafeSettings(
                f"--host {host} is reachable from other machines, which needs TRIVET_AUTH=required and a "
                "key; set it and make one with `trivet keys create`, or bind to 127.0.0.1"
            )
        if host not in LOOPBACK and not self.hosts:
            raise UnsafeSettings(
                f"--host {host} is reachable from other machines; name the hosts under which it may be "
                "asked in TRIVET_ALLOWED_HOSTS"
            )
        self._refuse_half_an_issuer()

    def _refuse_half_an_issuer(self) -> None:
        parts = {
            "TRIVET_OIDC_ISSUER": self.oidc_issuer,
            "TRIVET_OIDC_AUDIENCE": self.oidc_audience,
            "TRIVET_OIDC_JWKS_URL": self.oidc_jwks_url,
        }
        missing = ", ".join(name for name, value in parts.items() if not value)
        if missing and any(parts.values()):
            raise UnsafeSettings(f"people's tokens need {missing} as well; set it, or unset the others")
        url = urlsplit(self.oidc_jwks_url or "")
        if self.oidc_jwks_url and url.scheme != "https" and url.hostname not in LOOPBACK:
            raise UnsafeSettings("TRIVET_OIDC_JWKS_URL must be https: whoever sits between gives the keys")

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
        if self.clock == "player" and self.market != "played":
            raise UnsafeSettings(
                f"TRIVET_MARKET={self.market} is for trivet run, which goes by the real clock; services "
                "apart play recorded markets, so unset it or TRIVET_CLOCK"
            )
        if self.clock == "player" and missing:
            raise UnsafeSettings(f"TRIVET_CLOCK=player needs {missing} as well; set it, or start trivet run")
