"""Writes each address that a process connects to or looks up to the file ``CONNECTIONS``; Python runs it at start."""

import os
import sys


def _write(event: str, arguments: tuple) -> None:
    if event == "socket.connect":
        address = arguments[1]
    elif event == "socket.getaddrinfo":
        address = arguments[:2]
    else:
        return
    with open(os.environ["CONNECTIONS"], "a") as stream:
        stream.write(f"{event} {address}\n")


if os.environ.get("CONNECTIONS"):
    sys.addaudithook(_write)
