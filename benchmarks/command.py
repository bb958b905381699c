"""Running a benchmark as a command."""

import sys
from collections.abc import Callable

from genreclf.errors import UserError


def run(main: Callable[[], int]) -> None:
    """Exit with the status that ``main`` returns; print a ``UserError`` and exit with 2."""
    try:
        sys.exit(main())
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
