"""Step "fooling" of the lesson."""


def before(answer: float | str | None) -> None:
    """Draw what is needed to answer the question."""


def after(answer: float | str) -> list[str]:
    """Draw the control and what it shows."""
    return []
