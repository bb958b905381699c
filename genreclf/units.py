"""Amounts as people read them."""


def duration(seconds: float) -> str:
    """A span of time for people: "40 s", "3 min", "2 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: int) -> str:
    """A number of bytes for people: "640 kB", "38 MB"."""
    return f"{max(1, round(count / 1e3))} kB" if count < 1e6 else f"{count / 1e6:,.0f} MB"
