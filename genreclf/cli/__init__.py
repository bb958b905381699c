"""The command line: ``python -m genreclf`` or ``genreclf``.

Results go to stdout, progress to stderr. The exit code is 0 on success and 2 for bad input, with one line on stderr.
"""

import os
import signal
import sys

from genreclf.errors import UserError


def main() -> None:
    """Run the command line and exit."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # temporary files are removed on the way out
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hides TensorFlow's start-up messages
    debug = "--debug" in sys.argv[1:]
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    from typer.exceptions import TyperException

    from genreclf.cli.app import app

    try:
        code = app(args=arguments, prog_name="genreclf", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader, such as head, has closed the pipe
        sys.exit(1)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        if isinstance(error, TyperException):  # a wrong option or argument
            code, line = 2, f"genreclf: {getattr(error, 'format_message', error.__str__)()} See 'genreclf --help'."
        elif isinstance(error, UserError):
            code, line = 2, f"genreclf: {error}"
        else:  # a bug
            code, line = 1, f"genreclf failed: {type(error).__name__}: {error} (add --debug for the traceback)"
        print(" ".join(line.split()), file=sys.stderr)
        sys.exit(code)
