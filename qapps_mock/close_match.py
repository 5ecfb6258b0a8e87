"""Close matches for a misspelt name."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(wrong: object, names: Iterable[str]) -> str:
    """Suggest the one of *names* that is most like *wrong*, a text or a class, in any case; empty if there is none."""
    from difflib import get_close_matches  # imported here for start-up time

    folded = {name.casefold(): name for name in names}
    near = get_close_matches(getattr(wrong, "__name__", str(wrong)).casefold(), folded, n=1)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""
