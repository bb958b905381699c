"""Running a benchmark as a command, and printing its tables."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from genreclf.errors import UserError


def run(main: Callable[[], int]) -> None:
    """Exit with the status that ``main`` returns; print a ``UserError`` and exit with 2."""
    try:
        sys.exit(main())
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def print_markdown(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table in Markdown: the first column to the left, numbers with three significant digits."""

    def text(value: Any) -> str:
        if isinstance(value, float):
            return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2e}" if abs(value) < 1e-3 else f"{value:.3g}"
        return f"{value:,}" if isinstance(value, int) else str(value)

    print(f"\n{title}\n\n| {' | '.join(headings)} |\n|---|{'--:|' * (len(headings) - 1)}")
    for row in rows:
        print(f"| {' | '.join(map(text, row))} |", flush=True)
