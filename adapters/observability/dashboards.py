"""What Grafana shows: decisions, memos, orders and the book, and the ground that all of it stands on."""

from collections.abc import Mapping
from typing import Any

from adapters.observability.panels import Panel, Query, dashboard


def dashboards() -> Mapping[str, dict[str, Any]]:
    """Every dashboard by the name of its file."""
    return {
        "decisions.json": dashboard("trivet-decisions", "Trivet: decisions", DECISIONS),
        "reasoning.json": dashboard("trivet-reasoning", "Trivet: reasoning", REASONING),
        "orders.json": dashboard("trivet-orders", "Trivet: orders and book", ORDERS),
        "ground.json": dashboard("trivet-ground", "Trivet: services and servers", GROUND),
    }


def _stat(title: str, told: str, expr: str, red_from: float | None = None, unit: str = "short") -> Panel:
    return Panel(title, told, [Query(expr)], unit, "stat", red_from, width=4, height=4)


DECISIONS = (
    _stat("Decided, last hour", "Decisions on record.", "sum(increase(trivet_evaluations_total[1h]))"),
    _stat("Pending reviews", "Decisions that wait for a person.", "max(trivet_reviews_pending)"),
    _stat(
        "Oldest review",
        "How long the oldest has waited, in the house's time.",
        "max(trivet_review_oldest_seconds)",
        600,
        "s",
    ),
    _stat(
        "Disagreements",
        "The two evaluators differed; each such signal was rejected.",
        "sum(trivet_engine_disagreements_total)",
        1,
    ),
    _stat(
        "Broken chains",
        "Chains of the audit log whose end is not what its head names.",
        "count(min by (chain) (trivet_audit_head_matches) == 0) or vector(0)",
        1,
    ),
    _stat(
        "Links of the audit log", "Length of all chains together.", "sum(max by (chain) (trivet_audit_links))"
    ),
    Panel(
        "Verdicts",
        "Decisions a second by verdict.",
        [Query("sum by (verdict) (trivet:evaluations:rate5m)", "{{verdict}}")],
        "ops",
        width=12,
    ),
    Panel(
        "Objections by rule",
        "The ten rules that object most.",
        [Query("topk(10, sum by (rule) (increase(trivet_rule_hits_total[5m])))", "{{rule}}")],
        width=12,
    ),
    Panel(
        "Time of an evaluation",
        "Seconds from a request's head to its answer's end.",
        [Query("trivet:evaluate_seconds:p50_5m", "p50"), Query("trivet:evaluate_seconds:p99_5m", "p99")],
        "s",
        red_from=0.25,
    ),
    Panel(
        "Where the time goes",
        "Shares of validation, engine and database.",
        [Query("trivet:evaluation_phase:share5m", "{{phase}}")],
        "percentunit",
    ),
    Panel(
        "Signals in one commit",
        "How many evaluations share a transaction.",
        [Query("sum(rate(trivet_commit_batch_sum[5m])) / sum(rate(trivet_commit_batch_count[5m]))", "mean")],
    ),
    Panel(
        "Writer's queue",
        "Evaluations that wait, by worker; beyond the capacity callers are turned away.",
        [
            Query("trivet_writer_queue", "{{instance}}"),
            Query("min(trivet_writer_queue_capacity)", "capacity"),
        ],
    ),
    Panel(
        "Refused",
        "Requests that were turned away, by problem.",
        [Query("sum by (code) (rate(trivet_refusals_total[5m]))", "{{code}}")],
        "ops",
    ),
    Panel(
        "Seconds of a commit",
        "From claim to commit.",
        [
            Query(
                "histogram_quantile(0.99, sum by (le) (rate(trivet_commit_seconds_bucket[5m])))",
                "p99",
            )
        ],
        "s",
    ),
)

REASONING = (
    _stat("Memos, last hour", "Memos on record.", "sum(increase(trivet_memos_total[1h]))"),
    _stat(
        "Failed, last hour",
        "Share of the memos asked for that are no opinion; the rules want a person then.",
        'sum(increase(trivet_memos_total{status="FAILED"}[1h])) / '
        'sum(increase(trivet_memos_total{status!="SKIPPED"}[1h]))',
        0.5,
        "percentunit",
    ),
    _stat(
        "Breaker",
        "0 while the provider is asked, 1 while one asking tries it, 2 while it is not asked.",
        "max(trivet_reasoner_breaker)",
        1,
    ),
    _stat("Slow, last hour", "Beyond the soft time-out.", "sum(increase(trivet_memos_slow_total[1h]))"),
    _stat("Repairs, last hour", "Second askings.", "sum(increase(trivet_memo_repairs_total[1h]))"),
    _stat(
        "Dollars, last day",
        "What tokens cost by the prices that are set.",
        "sum(increase(trivet_memo_dollars_total[1d]))",
        unit="currencyUSD",
    ),
    Panel(
        "Memos",
        "By status and reasoner.",
        [Query("sum by (reasoner, status) (increase(trivet_memos_total[5m]))", "{{reasoner}} {{status}}")],
        width=12,
    ),
    Panel(
        "Why there was no opinion",
        "By reason.",
        [Query('sum by (reason) (increase(trivet_memos_total{status!="OK"}[5m]))', "{{reason}}")],
        width=12,
    ),
    Panel(
        "Seconds to a memo",
        "From question to memo; nothing counts after 15.",
        [
            Query("histogram_quantile(0.5, sum by (le) (rate(trivet_memo_seconds_bucket[5m])))", "p50"),
            Query("histogram_quantile(0.99, sum by (le) (rate(trivet_memo_seconds_bucket[5m])))", "p99"),
        ],
        "s",
        red_from=8,
        width=12,
    ),
    Panel(
        "Tokens",
        "As the provider counts them.",
        [Query("sum by (direction) (increase(trivet_memo_tokens_total[5m]))", "{{direction}}")],
        width=12,
    ),
)

ORDERS = (
    _stat("Equity", "Cash and positions.", "max(trivet_equity_dollars)", unit="currencyUSD"),
    _stat("Cash", "Dollars not in positions.", "max(trivet_cash_dollars)", unit="currencyUSD"),
    _stat(
        "Drawdown",
        "Lost since the session's opening quotes.",
        "max(trivet_daily_drawdown_ratio)",
        0.024,
        "percentunit",
    ),
    _stat(
        "Unknown orders",
        "Orders of which nobody knows the outcome.",
        'max(trivet_orders_working{state="UNKNOWN"})',
        1,
    ),
    _stat("Frozen symbols", "Symbols that take no new risk.", "max(trivet_frozen_symbols)", 1),
    _stat(
        "Stops",
        "Scopes that take no new risk until a person re-arms them.",
        'count(max by (scope, state) (trivet_stops{state!="ACTIVE"})) or vector(0)',
        1,
    ),
    Panel("Equity", "Dollars.", [Query("max(trivet_equity_dollars)", "equity")], "currencyUSD", width=12),
    Panel(
        "Exposure and drawdown",
        "Fractions of equity.",
        [
            Query("max(trivet_gross_exposure_ratio)", "gross exposure"),
            Query("max(trivet_daily_drawdown_ratio)", "drawdown"),
        ],
        "percentunit",
        width=12,
    ),
    Panel(
        "Orders at work",
        "Orders that may still be filled, by state.",
        [Query("sum by (state) (trivet_orders_working)", "{{state}}")],
    ),
    Panel(
        "Moves of orders",
        "Orders that entered each state.",
        [Query("sum by (to_state) (increase(trivet_order_transitions_total[5m]))", "{{to_state}}")],
    ),
    Panel("Bookings", "By kind.", [Query("sum by (kind) (increase(trivet_fills_total[5m]))", "{{kind}}")]),
    Panel(
        "Repairs",
        "Differences from the broker's books that were acted on.",
        [Query("sum by (kind) (increase(trivet_reconciliation_repairs_total[10m]))", "{{kind}}")],
    ),
    Panel(
        "Looks at the broker's account",
        "And how many had no answer.",
        [Query("sum by (outcome) (rate(trivet_reconciliations_total[5m]))", "{{outcome}}")],
        "ops",
    ),
    Panel(
        "For a person",
        "What execution put on record for somebody to look at.",
        [Query("sum by (what) (increase(trivet_execution_alerts_total[1h]))", "{{what}}")],
    ),
)

GROUND = (
    _stat("Services down", "Processes that do not answer.", "count(up == 0) or vector(0)", 1),
    _stat(
        "Without a store",
        "Services whose database does not answer.",
        "count(trivet_store_up == 0) or vector(0)",
        1,
    ),
    _stat(
        "Without NATS", "Services whose NATS does not answer.", "count(trivet_nats_up == 0) or vector(0)", 1
    ),
    _stat("Dead letters", "Events that no handler could take.", "max(trivet_dead_letters)", 1),
    _stat("Undelivered", "Events in the outbox.", "max(trivet_outbox_undelivered)", 5000),
    _stat("Market", "1 while the exchange trades, by the house's clock.", "max(trivet_market_open)"),
    Panel(
        "Requests",
        "Answers a second by service.",
        [Query("sum by (job) (rate(trivet_http_requests_total[5m]))", "{{job}}")],
        "reqps",
    ),
    Panel(
        "Failures",
        "Share of answers with a 5xx status.",
        [Query("trivet:http_errors:ratio5m", "{{job}}")],
        "percentunit",
        red_from=0.01,
    ),
    Panel(
        "Slowest routes",
        "p99 of the five slowest.",
        [
            Query(
                "topk(5, histogram_quantile(0.99, "
                "sum by (route, le) (rate(trivet_http_request_seconds_bucket[5m]))))",
                "{{route}}",
            )
        ],
        "s",
    ),
    Panel(
        "Outbox",
        "Age of the oldest undelivered event.",
        [Query("max(trivet_outbox_oldest_seconds)", "oldest")],
        "s",
        red_from=30,
    ),
    Panel(
        "Consumers",
        "Events not handed over yet, and those in hand.",
        [
            Query("max by (consumer) (trivet_consumer_pending)", "{{consumer}} behind"),
            Query("max by (consumer) (trivet_consumer_in_hand)", "{{consumer}} in hand"),
        ],
    ),
    Panel(
        "Age of quotes",
        "Seconds since each symbol's last quote.",
        [Query("max by (symbol) (trivet_quote_age_seconds)", "{{symbol}}")],
        "s",
        red_from=30,
    ),
    Panel(
        "Quotes",
        "Inspected by what came of it; all but accepted are in the quarantine.",
        [Query("sum by (source, outcome) (rate(trivet_quotes_total[5m]))", "{{source}} {{outcome}}")],
    ),
    Panel(
        "Held symbols",
        "A price jumped and nobody has looked: the symbol's quotes are not let in.",
        [Query("max(trivet_symbols_held)")],
        kind="stat",
        red_from=1,
    ),
    Panel(
        "Memory", "Resident, by process.", [Query("process_resident_memory_bytes", "{{instance}}")], "bytes"
    ),
    Panel(
        "Processor",
        "Cores in use, by process.",
        [Query("rate(process_cpu_seconds_total[5m])", "{{instance}}")],
    ),
    Panel(
        "Running",
        "Version by service.",
        [Query("count by (service, version) (trivet_build_info)", "{{service}} {{version}}")],
    ),
)
