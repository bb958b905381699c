"""Numbers and lists in readable form."""

import re
from collections.abc import Sequence

NO_BREAK_SPACE = "\u00a0"


def duration(seconds: float) -> str:
    """A duration: "under 1 s", "40 s", "3 min", "2 h 05 min"."""
    if 0 < seconds < 0.5:
        return "under 1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: int) -> str:
    """A number of bytes: "640 kB", "38 MB"."""
    return f"{max(1, round(count / 1e3))} kB" if count < 1e6 else f"{count / 1e6:,.0f} MB"


def percent(share: float) -> str:
    """A probability: ``0.623`` is "62 %"; values just above 0 or below 1 are "<1 %" and ">99 %"."""
    whole = round(share * 100)
    if whole == 0 and share > 0:
        return f"<1{NO_BREAK_SPACE}%"
    if whole == 100 and share < 1:
        return f">99{NO_BREAK_SPACE}%"
    return f"{whole}{NO_BREAK_SPACE}%"


def typeset(text: str) -> str:
    """A text with the numbers that Python has written ("62%", "-0.1") as people write them ("62 %", "−0.1")."""
    return re.sub(r"(?<![\w.\\])-(?=\d)", "−", re.sub(r"(?<=\d)%", f"{NO_BREAK_SPACE}%", text))


def listed(items: Sequence[str], conjunction: str = "and") -> str:
    """Items as an enumeration: "Drama", "Drama and War", "Drama, War and Western"."""
    return f" {conjunction} ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def first_of(items: Sequence[str], most: int) -> list[str]:
    """The first of many items, and how many more there are: "Drama", "War", "3 more"."""
    more = [f"{len(items) - most:,} more"] if len(items) > most else []
    return [*items[:most], *more]


def readable(name: str) -> str:
    """The name of a file as it can be printed: other characters are escaped, as in ``\\x07``."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name)


def is_unicode(name: str) -> bool:
    """Whether a path can be written to a file as text; the name of a file can be any bytes."""
    return not any("\ud800" <= c <= "\udfff" for c in name)
