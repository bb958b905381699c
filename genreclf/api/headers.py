"""Headers of every answer, of the app's server and of the API: what browsers must not do with it."""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def in_utf8(headers: Headers) -> Headers:
    """Headers of a form without the encoding that its sender names: some of Python's take minutes for a megabyte."""
    kind = re.sub(r";\s*charset=[^;]*", "", headers.get("content-type", ""), flags=re.IGNORECASE)
    return Headers({**dict(headers), "content-type": kind})


class SafeAnswers:
    """Adds headers to each answer.

    Args:
        app: the application behind it.
        policy: the content security policy, by directive.
    """

    def __init__(self, app: ASGIApp, policy: Mapping[str, str]):
        self.app = app
        self.headers = HEADERS | {
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items())
        }
        if policy.get("frame-ancestors") == "'none'":
            self.headers["X-Frame-Options"] = "DENY"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, send_safely if scope["type"] == "http" else send)
