"""Why there is no opinion: the codes of memos that FAILED or were SKIPPED and are on record."""

FAILED = (
    "invalid-json",
    "wrong-schema",
    "unsupplied-citation",
    "refused",
    "truncated",
    "empty",
    "too-long",
    "time-out",
    "unreachable",
    "provider-error",
    "breaker-open",
    "reasoner-broke",
    "scripted-outage",
)
SKIPPED = ("reasoner-off", "features-not-warm")
