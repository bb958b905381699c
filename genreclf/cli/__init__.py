"""The command line: ``python -m genreclf`` or ``genreclf``.

Results go to stdout, progress to stderr; the exit code is 0 on success and 2 with one line on stderr for bad input.
"""

import os
import sys

from genreclf.errors import UserError


def main() -> None:
    """Run the command line and exit."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up notes are not the user's
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    from typer.exceptions import TyperException

    from genreclf.cli.app import app

    try:
        code = app(args=arguments, prog_name="genreclf", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except TyperException as error:  # a wrong option or argument
        if debug:
            raise
        _fail(f"{getattr(error, 'format_message', error.__str__)()} See 'genreclf --help'.")
    except UserError as error:
        if debug:
            raise
        _fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader (head, say) has seen enough
        sys.exit(1)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:  # a defect of ours: one line for the user, the traceback on request
        if debug:
            raise
        print(f"genreclf failed: {type(error).__name__}: {error} (add --debug for the traceback)", file=sys.stderr)
        sys.exit(1)


def _fail(reason: str) -> None:
    print(f"genreclf: {' '.join(reason.split())}", file=sys.stderr)
    sys.exit(2)
