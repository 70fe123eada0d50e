"""What a server does about garbage once it has started."""

import gc

_YOUNG = 20_000
_GENERATIONS = 20


def settle() -> None:
    """Keep what start-up loaded out of every later collection, and collect less often.

    Modules, packs and rule networks live as long as the process; looking through them again and
    again costs a request under load more than judging it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _GENERATIONS, _GENERATIONS)
