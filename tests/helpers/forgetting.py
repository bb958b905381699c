"""A server and a visitor in one process, which then looks for what the visitor gave: prints JSON.

python tests/helpers/forgetting.py start-over|leave|idle
"""

import asyncio
import gc
import io
import json
import os
import socket
import sys
import threading
import time
import urllib.request
from collections import defaultdict

from PIL import Image
from public_load import Visitor

from genreclf.ui import streamlit_patches

SIZE, WORD = (307, 461), "Featherstonehaugh"  # of a poster, and in a text, that nothing else has


def serve() -> str:
    """Serve the app in a thread; returns its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sys.path.insert(0, os.getcwd())
    import streamlit_app

    settings = {"server.port": port, "server.address": "127.0.0.1"}
    threading.Thread(target=streamlit_app.app.run, kwargs={"config": settings}, daemon=True).start()
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
            break
        except OSError:
            time.sleep(0.2)
    return url


def held() -> dict[str, int]:
    """How many objects hold the poster or the text."""
    gc.unfreeze()  # what the app spares from collection is to be found, too
    gc.collect()
    posters = texts = files = 0
    for each in gc.get_objects():
        if isinstance(each, Image.Image):
            posters += each.size == SIZE
        elif type(each) in (dict, list, tuple, set):
            values = [*each.values(), *each.keys()] if type(each) is dict else each
            try:
                texts += any(type(value) is str and WORD in value for value in values)
                files += any(type(value) is bytes and POSTER[-400:] in value for value in values)
            except RuntimeError:  # it changes meanwhile
                continue
    return {"posters": posters, "texts": texts, "files": files}


def poster() -> bytes:
    stream = io.BytesIO()
    Image.effect_noise(SIZE, 60).convert("RGB").save(stream, "PNG")
    return stream.getvalue()


async def visit(url: str, way: str) -> dict:
    """Give a poster and a text, have them explained, and let them go in one of three ways."""
    found = {"before": held()}  # by this script alone
    async with Visitor(url, defaultdict(list), "198.51.100.1") as visitor:
        await visitor.look("try-your-own", shown="try_overview")
        await visitor.upload("poster", "try_answer", POSTER)
        text = f"{WORD} haunts the old house at night, and the family hides in the cellar."
        await visitor.give("text", "try_answer", try_overview=text)
        for view in ("Words", "Poster", "What if"):
            await visitor.give("view", "", try_why_view=[view])
        found["given"], found["lost"] = held(), visitor.lost
        visitor.lost = []
        if way == "start-over":
            await visitor.give("start over", "", try_clear=True)
            await visitor.give("again", "", try_predict=True)
            found["kept"] = held()
        elif way == "idle":
            await asyncio.sleep(1.5 + 60 * float(os.environ["GENRECLF_IDLE_MINUTES"]))
    if way != "start-over":
        await asyncio.sleep(1 + streamlit_patches.GRACE)
    visitor.__dict__.clear()
    if way != "start-over":
        found["kept"] = held()
    return found


if __name__ == "__main__":
    POSTER = poster()
    streamlit_patches.GRACE = 1  # seconds
    done = asyncio.run(visit(serve(), sys.argv[1]))
    print(json.dumps(done))
    sys.stdout.flush()
    os._exit(0)
