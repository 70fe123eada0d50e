"""The finite list of texts that stands for all: those somebody names, and others of every telling length."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise

from engine.declarations import Input
from engine.tree import Compare, Constant, InputRef, LimitRef, ListConstant, Node, Scalar, walk

_LAST_LETTERS = (*range(ord("A"), ord("Z") + 1), *range(0x100, 0xD800))
_ANY_LONGER = 32


def all_texts(
    declared: Sequence[Input], conditions: Sequence[Node], known: Iterable[Scalar]
) -> tuple[str, ...]:
    """Every text that ``known``, the declarations or the conditions name, then enough others.

    Conditions can only ask whether texts are equal, declarations only whether they are listed and
    how long they are. So for each range of lengths that no declaration tells apart, as many others
    as there are inputs compared with each other can behave in every way that any texts can.
    """
    if not any(one.type == "string" for one in declared):
        return ()
    nodes = [node for condition in conditions for node in walk(condition)]
    named = chain(known, *(one.one_of or () for one in declared), *map(literals, nodes))
    texts = dict.fromkeys(value for value in named if isinstance(value, str))
    for low, high in _length_ranges(declared):
        texts |= dict.fromkeys(islice(_others(low, high, texts), _compared(nodes)))
    return tuple(texts | {"": None})


def literals(node: Node) -> tuple[Scalar, ...]:
    """The values that a leaf of a condition writes out or names."""
    if isinstance(node, Constant):
        return (node.value,)
    if isinstance(node, ListConstant):
        return node.values
    if isinstance(node, LimitRef):
        return node.value if isinstance(node.value, tuple) else (node.value,)
    return ()


def _compared(nodes: Iterable[Node]) -> int:
    """How many inputs are compared with another input; at least one."""
    meet: set[str] = set()
    for node in nodes:
        match node:
            case Compare(_, InputRef(left, "string"), InputRef(right, "string")):
                meet |= {left, right}
    return max(1, len(meet))


def _length_ranges(declared: Iterable[Input]) -> Iterator[tuple[int, int]]:
    """Ranges of lengths, from 1 on, within which every declaration allows all or none."""
    texts = [one for one in declared if one.type == "string"]
    starts = {1, *(one.min_length for one in texts if one.min_length)}
    starts |= {one.max_length + 1 for one in texts if one.max_length is not None}
    ordered = sorted(starts)
    return ((low, after - 1) for low, after in pairwise([*ordered, ordered[-1] + _ANY_LONGER]))


def _others(low: int, high: int, taken: Collection[str]) -> Iterator[str]:
    """Different texts of one length in the range that nobody has named, beginning with OTHER."""
    length = min(max(low, 5), high)
    start = ("OTHER" * (length // 5 + 1))[:length]
    variants = (start[:-1] + chr(letter) for letter in _LAST_LETTERS if chr(letter) != start[-1])
    return (text for text in (start, *variants) if text not in taken)
