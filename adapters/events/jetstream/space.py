"""How one house names streams and subjects on a NATS that it may share with others."""

from dataclasses import dataclass

from policy.contracts import EventType

MARKET_KINDS = (EventType.QUOTE_UPDATED, EventType.BAR_CLOSED)
FACT_KINDS = tuple(kind for kind in EventType if kind not in MARKET_KINDS)


@dataclass(frozen=True, slots=True)
class Space:
    """How one house names things on a NATS that it may share; the empty name is the usual one."""

    name: str = ""

    def __post_init__(self) -> None:
        if self.name and not (self.name.isascii() and self.name.replace("-", "").isalnum()):
            raise ValueError(f"{self.name!r} cannot begin a subject; use letters, digits and hyphens")

    @property
    def facts(self) -> str:
        """The stream of what the outbox told."""
        return self._stream("FACTS")

    @property
    def market(self) -> str:
        """The stream of quotes and bars."""
        return self._stream("MARKET")

    @property
    def dead(self) -> str:
        """The stream of dead letters."""
        return self._stream("DEAD")

    def subject(self, kind: EventType) -> str:
        """Where events of ``kind`` are published: their type, which is the subject too."""
        return self._under(kind.value)

    def question(self, subject: str) -> str:
        """Where a question called ``subject`` is asked."""
        return self._under(subject)

    def retry(self, stream: str, durable: str) -> str:
        """Where a dead letter from ``stream`` goes back to the one consumer that could not take it."""
        return self._under(f"retry.{stream}.{durable}")

    def dead_letter(self, durable: str) -> str:
        """Where ``durable`` leaves what it could not take."""
        return self._under(f"dead.{durable}")

    def stream_of(self, kind: EventType) -> str:
        """The stream that holds events of ``kind``."""
        return self.market if kind in MARKET_KINDS else self.facts

    def _stream(self, name: str) -> str:
        return f"TRIVET_{self.name}_{name}" if self.name else f"TRIVET_{name}"

    def _under(self, subject: str) -> str:
        return f"{self.name}.{subject}" if self.name else subject
