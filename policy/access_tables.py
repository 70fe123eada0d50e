"""The tables of access: keys by the digest of their secret, and who was refused."""

from sqlalchemy import Column, Index, Integer, String, Table

from policy.columns import CanonicalJson, RowNumber, SafeText, UtcTime, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("prefix", String(8), primary_key=True),
    Column("name", SafeText(), nullable=False),
    Column("roles", CanonicalJson(), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("created_at", UtcTime(), nullable=False),
    Column("created_by", SafeText(), nullable=False),
    Column("expires_at", UtcTime()),
    Column("revoked_at", UtcTime()),
    Column("revoked_by", SafeText()),
    Column("last_used_at", UtcTime()),
    comment="bearer keys: never the secret, only its SHA-256; a revoked key stays on record",
)

access_refusals = Table(
    "access_refusals",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("minute", UtcTime(), nullable=False),
    Column("status", Integer, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("credential", String(64), nullable=False),
    Column("name", SafeText(), nullable=False),
    Column("route", String(128), nullable=False),
    Column("needs", String(128), nullable=False),
    Column("address", String(64), nullable=False),
    Column("times", RowNumber, nullable=False),
    Column("last_at", UtcTime(), nullable=False),
    Index(
        "uq_access_refusals_minute",
        *("minute", "status", "reason", "credential", "name", "route", "address"),
        unique=True,
    ),
    comment="every 401 and 403, counted by minute and kind, so that a flood fills no disk",
)
