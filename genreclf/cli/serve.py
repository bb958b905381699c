"""``genreclf serve``: the JSON API."""

import socket
import sys
from typing import Annotated

import typer

from genreclf.cli import options
from genreclf.errors import UserError
from genreclf.predict.turns import Turns, cores
from genreclf.public import LIMITS, is_public

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve(
    host: Annotated[str, typer.Option(help="Address to answer at; 0.0.0.0 for every machine in reach.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any that is free.")] = 8000,
    root_path: Annotated[
        str, typer.Option(help="Path before its addresses, such as /films, where a server in front of it removes that.")
    ] = "",
    models: options.ModelsOption = None,
    weights: options.WeightsOption = None,
) -> None:
    """Answer programs: a JSON API for genres from posters and overviews (see /docs once it runs)."""
    try:
        import uvicorn

        from genreclf.api.answers import Engine, loaded
        from genreclf.api.app import create_app
    except ModuleNotFoundError as error:
        raise UserError(
            f"The API needs the package {error.name}; install it with: pip install 'genreclf[serve]'."
        ) from None
    names = options.parse_models(models)
    selected = options.select_weights(names, weights, baselines=True)
    good, problems = loaded(selected)
    if problems and (names or not good):
        raise UserError(problems[0])
    for problem in problems:
        print(problem, file=sys.stderr)
    app = create_app(Engine(good, LIMITS), Turns(cores(), LIMITS.waiting))
    with _bound(host, port) as bound:
        name = f"[{host}]" if ":" in host else host
        names = [each.spec.name for each in good]
        print(f"Serving {', '.join(names)} at http://{name}:{bound.getsockname()[1]}, explained at /docs. "
              "Ctrl-C ends it.", file=sys.stderr, flush=True)  # fmt: skip
        if host not in LOOPBACK:
            often = f"{LIMITS.answers} times a minute each" if is_public() else "as often as they want"
            print(f"It listens at {host}: any machine that can reach this one may ask, {often}. Nobody can change "
                  "anything.", file=sys.stderr, flush=True)  # fmt: skip
        config = uvicorn.Config(app, access_log=False, server_header=False, log_level="warning", lifespan="off",
                                root_path=f"/{root_path.strip('/')}" if root_path.strip("/") else "",
                                ws="none", timeout_graceful_shutdown=5)  # fmt: skip
        uvicorn.Server(config).run(sockets=[bound])


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens; UserError if the address cannot be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # named TCP, or asyncio leaves its delays on, which cost each answer 40 ms
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(256)
        return bound
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"Port {port} at {host} cannot be used ({reason}); choose another --port or --host.") from None
