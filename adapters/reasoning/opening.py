"""From settings to a mind that asks a model; refuses to start on half of what it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from adapters.reasoning.address import ModelAddress, model_address
from adapters.reasoning.asking import Asking, Budget, Price
from adapters.reasoning.breaker import Breaker, GuardedLine
from adapters.reasoning.grounding import ANSWER_SCHEMA
from adapters.reasoning.line import OUTPUT_TOKENS
from adapters.reasoning.model_line import SEED, TEMPERATURE, Asked, ModelLine
from adapters.reasoning.model_mind import AT_ONCE, ModelMind
from adapters.reasoning.redaction import redacted
from adapters.settings import Settings, UnsafeSettings
from policy.contracts import Scalar


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a model is asked: in what time, at what price, how many questions at once."""

    budget: Budget = field(default_factory=Budget)
    price: Price | None = None
    at_once: int = AT_ONCE


@contextmanager
def model_mind(settings: Settings, terms: Terms | None = None) -> Iterator[ModelMind]:
    """The mind that asks the model ``settings`` name; with the block its connections end, and its thread.

    ``terms`` are those of the settings unless others are given. Nothing is sent until it thinks. Raises
    ``UnsafeSettings`` where the address or the name is missing or unfit.
    """
    address, name = _named(settings)
    key = _key(settings)
    asked = Asked(name, settings.model_output, ANSWER_SCHEMA, OUTPUT_TOKENS)
    terms, breaker = terms or Terms(price=_price(settings)), Breaker()
    line = ModelLine(address, asked, key)
    try:
        asking = Asking(GuardedLine(line, breaker), terms.budget, terms.price)
        yield ModelMind(name, _told(settings, address), asking, breaker, terms.at_once)
    finally:
        line.close()


def _named(settings: Settings) -> tuple[ModelAddress, str]:
    needed = {"TRIVET_MODEL_URL": settings.model_url, "TRIVET_MODEL": settings.model.strip()}
    missing = ", ".join(name for name, value in needed.items() if not value)
    if missing:
        raise UnsafeSettings(
            f"TRIVET_REASONER=model needs {missing} as well; set it, or take TRIVET_REASONER=built-in"
        )
    return model_address(settings.model_url), settings.model.strip()


def _key(settings: Settings) -> str | None:
    """The key, if there is one. What no header can carry would come back in the text of an error."""
    key = settings.model_key.get_secret_value().strip() if settings.model_key else ""
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise UnsafeSettings("TRIVET_MODEL_KEY is no key: it holds a blank or what a header cannot carry")
    return key or None


def _price(settings: Settings) -> Price | None:
    one, other = settings.model_input_price, settings.model_output_price
    if (one is None) != (other is None):
        raise UnsafeSettings(
            "TRIVET_MODEL_INPUT_PRICE and TRIVET_MODEL_OUTPUT_PRICE go together; set both or neither"
        )
    return None if one is None or other is None else Price(one, other)


def _told(settings: Settings, address: ModelAddress) -> dict[str, Scalar]:
    """What answers depend on. The address holds no password, but its path may name an account or a key."""
    return {
        "url": redacted(address.url),
        "output": settings.model_output,
        "temperature": TEMPERATURE,
        "seed": float(SEED),
        "max_tokens": float(OUTPUT_TOKENS),
    }
