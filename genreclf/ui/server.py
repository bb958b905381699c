"""What the app's server does around Streamlit: headers of every answer, and what it says when it starts."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from genreclf import public


class Headers:
    """Adds to every answer what a browser must not do with it."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update({"X-Content-Type-Options": "nosniff"})
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def middleware() -> list[Middleware]:
    """What each request passes through before Streamlit sees it, the outermost first."""
    return [Middleware(Headers)]


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Say what the server opens, and to whom, when it starts."""
    print("public" if public.is_public() else "private", file=sys.stderr)
    yield
