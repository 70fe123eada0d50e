"""How much a request may hold: bytes of UTF-8, since no token stands for less than one, and who gets them."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.reasoning.line import FORM_TOKENS, INPUT_TOKENS, Message, tokens_at_most

REPAIR_BYTES = 720
"""Kept free in a first prompt, so that the same question fits when its answer and a fault stand below it."""
FEATURE_BYTES = 700
MOST_ITEMS = 64
"""More than twice as many as there can be room for."""
LONGEST_BODY = 8_000
"""Letters of a body, mark-up included, beyond which it is left out unread: a third of it has room at most."""
ANSWER_BYTES = 300
FAULT_BYTES = 250


def size(text: str) -> int:
    """Bytes of ``text``."""
    return len(text.encode())


def cut(text: str, most: int) -> str:
    """``text`` in at most ``most`` bytes, whole letters only; a longer one ends in "…"."""
    if size(text) <= most:
        return text
    return text.encode()[: most - size("…")].decode(errors="ignore") + "…"


def room_beside(messages: Sequence[Message]) -> int:
    """Bytes left for more text in one of ``messages``, with a repair and the form of the answer to come."""
    return INPUT_TOKENS - FORM_TOKENS - REPAIR_BYTES - tokens_at_most(messages)


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be shown: ``whole``, or else ``short``, which names it and leaves out the rest."""

    short: str
    whole: str


def fitting(offers: Sequence[Offer], room: int) -> list[str | None]:
    """How each of ``offers``, best first, is shown within ``room`` bytes: short, whole, or None.

    First as many as possible in short, then the best of them as a whole. Nothing is shown in part, and what
    is too large to fit hides nothing that comes after it.
    """
    shown: list[str | None] = []
    for offer in offers:
        fits = size(offer.short) + 1 <= room
        shown.append(offer.short if fits else None)
        room -= size(offer.short) + 1 if fits else 0
    for place, offer in enumerate(offers):
        more = size(offer.whole) - size(offer.short)
        if shown[place] is not None and more <= room:
            shown[place], room = offer.whole, room - more
    return shown
