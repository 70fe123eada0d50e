"""Seeded requests and packs of any size for the benchmarks: the same numbers on every machine."""

from pathlib import Path
from random import Random

from engine import RulePack, read_pack
from engine.tree import Scalar

Facts = dict[str, Scalar]
RULES = Path(__file__).resolve().parents[2] / "rules"


def trading_core() -> RulePack:
    """The released pack that every paper trade passes."""
    path = RULES / "trading-core" / "released" / "1.0.0.yaml"
    return read_pack(path.read_text("utf-8"), source=str(path))


def trading_requests(count: int, seed: int = 20261122) -> list[Facts]:
    """Signals for trading-core: mostly calm, a measure bad now and then, optional ones sometimes absent."""
    dice = Random(seed)
    return [_trading_request(dice) for _ in range(count)]


def _trading_request(dice: Random) -> Facts:
    facts: Facts = {
        "symbol": dice.choice(["AAPL", "FB", "GOOG", "IBM", "MSFT"] * 4 + ["TSLA"]),
        "candidate_action": dice.choice(["BUY", "SELL"]),
        "confidence": _measure(dice, 0.6, 1.0, bad=(0.3, 0.6)),
        "size_pct": _measure(dice, 0.001, 0.01, bad=(0.01, 0.03)),
        "market_context.data_age_seconds": _measure(dice, 0.0, 30.0, bad=(30.0, 90.0)),
        "market_context.market_open": dice.random() < 0.95,
        "market_context.event_blackout_active": dice.random() < 0.03,
        "market_context.liquidity_score": _measure(dice, 0.7, 1.0, bad=(0.2, 0.7)),
        "portfolio_context.gross_exposure_pct": _measure(dice, 0.0, 0.9, bad=(0.9, 1.5)),
        "portfolio_context.daily_drawdown_pct": _measure(dice, 0.0, 0.029, bad=(0.03, 0.08)),
        "portfolio_context.correlation": _measure(dice, -0.2, 0.35, bad=(0.35, 0.9)),
        "reasoning.status": "OK",
        "reasoning.recommendation": dice.choice(["ALLOW"] * 8 + ["ALLOW_WITH_CAUTION", "BLOCK"]),
    }
    if dice.random() < 0.1:
        del facts["reasoning.recommendation"]
        facts["reasoning.status"] = dice.choice(["FAILED", "SKIPPED"])
    if dice.random() < 0.05:
        del facts["market_context.liquidity_score"], facts["portfolio_context.correlation"]
    return facts


def _measure(dice: Random, low: float, high: float, bad: tuple[float, float]) -> float:
    """Four decimals, so that peers that know only integers can be given it scaled, without loss."""
    return round(dice.uniform(*(bad if dice.random() < 0.06 else (low, high))), 4)


def sized_pack(rules: int) -> RulePack:
    """``rules`` rules over 20 numbers: thresholds, a third of them joined in pairs; few of them hit."""
    dice = Random(rules)
    inputs = [f"  x.n{n}: {{type: number, unit: score, direction: riskier_up}}" for n in range(20)]
    body = [f'  - {{id: r{n}, when: "{_condition(dice, n)}", then: {_verdict(n)}}}' for n in range(rules)]
    text = "\n".join(["pack: sized", "version: 1.0.0", "inputs:", *inputs, "rules:", *body])
    return read_pack(text, source=f"{rules} rules")


def _condition(dice: Random, number: int) -> str:
    first, second = dice.sample(range(20), 2)
    above = f"x.n{first} > {dice.uniform(0.8, 1):.4f}"
    return f"{above} && x.n{second} < {dice.uniform(0, 0.5):.4f}" if number % 3 == 2 else above


def _verdict(number: int) -> str:
    return "REJECT" if number % 2 else "REVIEW"


def sized_requests(count: int, seed: int = 7) -> list[Facts]:
    """Requests for a sized pack: four decimals, now and then above a threshold."""
    dice = Random(seed)
    return [{f"x.n{n}": round(dice.uniform(0, 0.82), 4) for n in range(20)} for _ in range(count)]
