"""The tables of access: keys by the digest of their secret, who was refused, what awaits a second person."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from policy.columns import CanonicalJson, Id, RowNumber, SafeText, UtcTime, metadata

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

pack_proposals = Table(
    "pack_proposals",
    metadata,
    Column("proposal_id", Id(), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("pack", String(128), nullable=False),
    Column("version", String(64)),
    Column("sets", CanonicalJson(), nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("shelf", RowNumber, nullable=False),
    Column("changes", CanonicalJson(), nullable=False),
    Column("proposed_at", UtcTime(), nullable=False, index=True),
    Column("proposed_by", SafeText(), nullable=False),
    Column("status", String(10), nullable=False),
    Column("confirmed_by", SafeText()),
    Column("settled_at", UtcTime()),
    comment="what loosens and waits for a second person; shelf is the activation it follows",
)
