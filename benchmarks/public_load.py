"""Does a public server answer twenty visitors in time, forget those who left, and keep one from slowing the others?

    python benchmarks/public_load.py
    python benchmarks/public_load.py --only visitors --seconds 300

It serves the app with ``GENRECLF_PUBLIC=1`` on two cores. The visitors speak Streamlit's protocol, uploads and XSRF
cookie included, but draw nothing; each has an address of its own, as behind a proxy. Three measurements, each on a new
server:

* visitors: twenty open *Try your own*, give a text, a poster or an example, open a film on Compare and a view of
  *Why?*, and think for 3 to 8 seconds in between. 95 % of the answers should come within 3 seconds, and none be lost.
* memory: 200 sessions open two pages, get an answer and leave. A minute later the server should use what it did after
  the first twenty, give or take 50 MB.
* misbehaviour: one visitor's answers alone and, in turns, beside another who reruns the page as fast as possible,
  uploads, asks for explanations and opens sessions, all without a pause. Median and 95th percentile should get no more
  than 20 % longer.

It takes about twelve minutes. The visitors need processor time of the same two cores unless there are more.
"""

import argparse
import asyncio
import contextlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import psutil
import websockets
from many_sessions import Session, served
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from genreclf import paths, public
from genreclf.cli.output import print_table
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.predict.film import load_examples

GOAL, MEMORY, SLOWDOWN = 3.0, 50.0, 1.2  # seconds of 95 %, MB, times as long
GRACE = 65  # seconds until a closed session is removed
REFUSED = re.compile("Too many|try again in")
Responses = dict[str, list[float]]


class Visitor(Session):
    """A visitor of a public server, who fills in what is on the page. ``lost`` are answers that did not come."""

    def __init__(self, url: str, responses: Responses, address: str):
        super().__init__(url, responses, [0])
        self.address, self.lost = address, list[str]()
        self.session, self.token, self.cookie = "", "", ""
        self.widgets: dict[str, tuple[str, str, list[str]]] = {}  # by key: id, fragment, options
        self.seen, self.uploads = set[str](), dict[str, str]()  # keys of what is drawn; a new file's id and address
        self.refused = False

    async def __aenter__(self) -> "Visitor":
        self.cookie = await asyncio.to_thread(self._ask, "GET", "/_stcore/health")
        self.token = self.cookie.partition("=")[2]
        self._socket = await websockets.connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream", subprotocols=["streamlit", self.token],
            additional_headers={"Cookie": self.cookie, "X-Forwarded-For": self.address}, origin=self.url,
            max_size=None, compression=None,
        )  # fmt: skip
        return self

    async def look(self, page: str, query: str = "", shown: str = "") -> None:
        """Open a page, on which something with the key ``shown`` should be drawn."""
        self.widgets.clear()
        with self._expecting(f"open {page}", shown):
            await self.open(page, query)

    async def give(self, name: str, shown: str, **values: object) -> None:
        """Change widgets by their keys: True presses a button, a list chooses, a text is typed."""
        with self._expecting(name, shown):
            await self._timed(name, self.change(**values))

    async def upload(self, name: str, shown: str, poster: bytes) -> None:
        """Give a file to the page's uploader, as a browser does."""
        began, key = time.monotonic(), next(key for key in self.widgets if key.startswith("try_poster_"))
        with self._expecting(name, shown):
            info = await self.put(poster)
            waited = time.monotonic() - began
            await self._timed(name, self.change(**{key: info}))
            self.responses[name][-1] += waited

    async def put(self, poster: bytes) -> FileUploaderState:
        """Send a file to the server and return its description for the uploader."""
        message = BackMsg()
        message.file_urls_request.request_id, message.file_urls_request.session_id = str(uuid4()), self.session
        message.file_urls_request.file_names.append("poster.jpg")
        await self._socket.send(message.SerializeToString())
        self.uploads.clear()
        while not self.uploads:
            self._take(ForwardMsg.FromString(await self._socket.recv()))
        await asyncio.to_thread(self._ask, "PUT", self.uploads["upload"], poster)
        state = FileUploaderState()
        file = state.uploaded_file_info.add(name="poster.jpg", size=len(poster), file_id=self.uploads["id"])
        file.file_urls.file_id, file.file_urls.upload_url = self.uploads["id"], self.uploads["upload"]
        return state

    def change(self, **values: object) -> BackMsg:
        """The message that widgets have changed."""
        message = BackMsg()
        message.rerun_script.query_string, message.rerun_script.page_name = self.query, self.page
        for key, value in values.items():
            identity, message.rerun_script.fragment_id, _ = self.widgets[key]
            state = message.rerun_script.widget_states.widgets.add(id=identity)
            if value is True:
                state.trigger_value = True
            elif isinstance(value, list):
                state.string_array_value.data.extend(value)
            elif isinstance(value, FileUploaderState):
                state.file_uploader_state_value.CopyFrom(value)
            else:
                state.string_value = str(value)
        return message

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id or self.session
        elif kind == "file_urls_response":
            (file,) = message.file_urls_response.file_urls
            self.uploads = {"id": file.file_id, "upload": file.upload_url}
        elif kind == "delta":
            drawn, of = message.delta.new_element, message.delta.WhichOneof("type")
            element = getattr(drawn, drawn.WhichOneof("type") or "empty") if of == "new_element" else None
            identity = getattr(element, "id", "") or (message.delta.add_block.id if of == "add_block" else "")
            if identity.startswith("$$ID-"):
                key = identity.split("-", 2)[2]
                options = [getattr(each, "content", "") for each in getattr(element, "options", ())]
                self.widgets[key] = identity, message.delta.fragment_id, options
                self.seen.add(key)
            self.refused |= of == "new_element" and bool(REFUSED.search(drawn.alert.body))

    @contextlib.contextmanager
    def _expecting(self, name: str, shown: str) -> Iterator[None]:
        """What happens within should draw something with a key, no error and no refusal."""
        self.seen.clear()
        self.refused, errors = False, self.errors
        try:
            yield
        except (OSError, websockets.WebSocketException) as error:
            self.lost.append(f"{name}: {error}")
            raise
        if self.refused or self.errors > errors or (shown and shown not in self.seen):
            self.lost.append(f"{name}: {'refused' if self.refused else 'not drawn'}")

    def _ask(self, method: str, path: str, file: bytes = b"") -> str:
        """A request beside the websocket; returns the cookie that comes with the answer."""
        mark = uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="poster.jpg"\r\n\r\n'
        request = urllib.request.Request(self.url + path, method=method, headers={
            "Cookie": self.cookie, "X-Xsrftoken": self.token, "X-Forwarded-For": self.address,
            "Content-Type": f"multipart/form-data; boundary={mark}",
        })  # fmt: skip
        request.data = f"{head}".encode() + file + f"\r\n--{mark}--\r\n".encode() if file else None
        with urllib.request.urlopen(request, timeout=60) as answer:
            return (answer.headers.get("Set-Cookie") or "").partition(";")[0]


class Film:
    """Films that nobody has given before: their texts are sentences of several films, and posters are changed."""

    def __init__(self, catalogue: Catalogue, seed: int):
        self.catalogue, self.rng = catalogue, random.Random(seed)
        self.ids = catalogue.films["id"].tolist()

    def text(self) -> str:
        overviews = self.rng.sample(self.catalogue.films["overview"].tolist(), 3)
        return " ".join(sentence for each in overviews for sentence in each.split(". ")[:2])

    def poster(self) -> bytes:
        file = self.catalogue.poster(self.rng.choice(self.ids)).path
        return file.read_bytes() + self.rng.randbytes(8)  # behind the image's end: the same pixels, another file

    def id(self) -> str:
        return self.rng.choice(self.ids)


async def behave(url: str, film: Film, number: int, until: float, responses: Responses) -> list[str]:
    """One visitor, until a time; returns the answers that were lost."""
    address, rng = f"198.51.100.{number + 1}", film.rng

    async def think() -> None:
        await asyncio.sleep(rng.uniform(3, 8))

    await asyncio.sleep(number * 0.5)
    async with Visitor(url, responses, address) as visitor:
        with contextlib.suppress(OSError, websockets.WebSocketException):  # noted as lost
            while time.monotonic() < until:
                await visitor.look("try-your-own", shown="try_overview")
                await think()
                what = rng.choice(["text", "poster", "example"])
                if what == "text":
                    await visitor.give("a typed text", "try_answer", try_overview=film.text(), try_predict=True)
                elif what == "poster":
                    await visitor.upload("an uploaded poster", "try_answer", film.poster())
                else:
                    example = f"try_example_{rng.choice(list(load_examples()))}"
                    await visitor.give("an example", "try_answer", **{example: True})
                await think()
                await explain(visitor, "try_why", rng)
                await think()
                await visitor.give("start over", "try_overview", try_clear=True)
                await visitor.look("compare", f"film={film.id()}", shown="compare_answer")
                await think()
                await explain(visitor, "compare_why", rng)
                await think()
        return visitor.lost


async def explain(visitor: Visitor, key: str, rng: random.Random) -> None:
    """Choose a model below "Why?", or one of its views."""
    model, view = f"{key}_model", f"{key}_view"
    if view not in visitor.widgets:
        await visitor.give("why: a model", view, **{model: [visitor.widgets[model][2][0]]})
    await visitor.give("why: a view", view, **{view: [rng.choice(visitor.widgets[view][2])]})


def visitors(url: str, server: psutil.Process, options: argparse.Namespace) -> bool:
    """Twenty visitors who behave."""
    catalogue, responses = load_catalogue(paths.SAMPLE), defaultdict(list)

    async def all_of_them() -> list[list[str]]:
        until = time.monotonic() + options.seconds
        visits = (behave(url, Film(catalogue, number), number, until, responses) for number in range(options.visitors))
        return await asyncio.gather(*visits)

    before, began = used_seconds(server), time.monotonic()
    lost = [reason for reasons in asyncio.run(all_of_them()) for reason in reasons]
    ours, own, others = (
        (now - was) / (time.monotonic() - began) for now, was in zip(used_seconds(server), before, strict=True)
    )
    answers = [seconds for times in responses.values() for seconds in times]
    rows = [[name, *summary(times)] for name, times in sorted(responses.items())]
    print_table(["Of 20 visitors", "Answers", "Median s", "95 % s", "Longest s"], [*rows, ["all", *summary(answers)]])
    print(f"{len(lost)} lost or refused\n{chr(10).join(lost[:10])}")
    print(f"Cores used: {ours:.2f} by the server, {own:.2f} by the visitors, {others:.2f} by other programs")
    return not lost and float(np.quantile(answers, 0.95)) <= GOAL


def used_seconds(server: psutil.Process) -> tuple[float, float, float]:
    """Processor time used so far by the server, by this process, and by all others of the machine, seconds."""
    whole = psutil.cpu_times()
    ours, own = sum(server.cpu_times()[:2]), sum(psutil.Process().cpu_times()[:2])
    return ours, own, whole.user + whole.nice + whole.system - ours - own


def summary(times: list[float]) -> list[float]:
    return [len(times), *(float(np.quantile(times, share)) for share in (0.5, 0.95, 1))]


def memory(url: str, server: psutil.Process, options: argparse.Namespace) -> bool:
    """Sessions that come and go."""
    catalogue, rows, lost = load_catalogue(paths.SAMPLE), [], list[str]()

    async def come_and_go(first: int, count: int) -> None:
        room, film = asyncio.Semaphore(8), Film(catalogue, first)

        async def visit(number: int) -> None:
            async with room, Visitor(url, defaultdict(list), f"203.0.113.{number % 250}") as visitor:
                await visitor.look("", shown="")
                await visitor.look("try-your-own", shown="try_overview")
                await visitor.give("a typed text", "try_answer", try_overview=film.text(), try_predict=True)
                lost.extend(visitor.lost)

        await asyncio.gather(*(visit(number) for number in range(first, first + count)))

    for name, first, count in [("20 sessions", 0, 20), (f"{options.sessions} more", 20, options.sessions)]:
        asyncio.run(come_and_go(first, count))
        at_once = used_mb(server)
        time.sleep(GRACE)
        asyncio.run(come_and_go(1000 + first, 1))  # Streamlit cleans up when something happens
        rows.append([name, at_once, used_mb(server)])
    print_table(["After", "MB at once", "MB a minute later"], rows)
    grown = rows[1][2] - rows[0][2]
    print(f"{grown:+.0f} MB, {len(lost)} lost")
    return abs(grown) <= MEMORY and not lost


def used_mb(process: psutil.Process) -> float:
    """Resident memory of a process and its children, MB."""
    return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)]) / 1e6


def misbehaviour(url: str, server: psutil.Process, options: argparse.Namespace) -> bool:
    """One visitor alone, and beside another."""
    lost, film = list[str](), Film(load_catalogue(paths.SAMPLE), 1)
    alone, beside = defaultdict(list), defaultdict(list)

    async def ask(responses: Responses, seconds: float) -> None:
        async with Visitor(url, responses, "198.51.100.1") as visitor:
            until = time.monotonic() + seconds
            await visitor.look("try-your-own", shown="try_overview")
            while time.monotonic() < until:
                await visitor.give("a typed text", "try_answer", try_overview=film.text(), try_predict=True)
                await asyncio.sleep(2)
                await visitor.look("compare", f"film={film.id()}", shown="compare_answer")
                await asyncio.sleep(2)
                await visitor.look("try-your-own", shown="try_overview")
            lost.extend(visitor.lost)

    asyncio.run(ask(defaultdict(list), 15))  # the first answers load the networks
    command = [sys.executable, __file__, "--misbehave", url]
    for _ in range(options.rounds):
        asyncio.run(ask(alone, options.window))
        with subprocess.Popen(command, stdin=subprocess.PIPE) as other:
            time.sleep(5)
            asyncio.run(ask(beside, options.window))
            other.stdin.close()
        time.sleep(10)  # what it asked for last is done
    slower = []
    for name in sorted(alone):
        (count, *before), (_, *after) = summary(alone[name]), summary(beside[name])
        slower.append([name, count, *before[:2], *after[:2], after[0] / before[0], after[1] / before[1]])
    titles = ["Answers", "Number", "Median s", "95 % s", "Beside: median s", "95 % s", "Median, times", "95 %, times"]
    print_table(titles, slower)
    print(f"{len(lost)} lost\n{chr(10).join(lost[:10])}")
    return not lost and all(max(row[-2:]) <= SLOWDOWN for row in slower)


def misbehave(url: str) -> None:
    """Ask for as much as possible, from one address, until standard input is closed."""
    os.nice(19)  # it is another machine's processor time
    catalogue, done = load_catalogue(paths.SAMPLE), defaultdict(int)

    async def again_and_again(act: Callable[[Visitor, Film], Awaitable[None]], number: int) -> None:
        """Open a session and act, until refused; then another one."""
        film = Film(catalogue, number)
        while True:
            with contextlib.suppress(OSError, KeyError, StopIteration, websockets.WebSocketException):
                async with Visitor(url, defaultdict(list), "203.0.113.66") as visitor:
                    await visitor.look("try-your-own")
                    done["sessions"] += 1
                    await act(visitor, film)
            await asyncio.sleep(0.05)

    async def rerun(visitor: Visitor, film: Film) -> None:
        for _ in range(1000):
            await visitor._socket.send(visitor.change(try_overview=film.text(), try_predict=True).SerializeToString())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(visitor._socket.recv(), 0.001)
            done["reruns"] += 1

    async def upload(visitor: Visitor, film: Film) -> None:
        while True:
            await visitor.put(film.poster().ljust(public.LIMITS.upload_bytes - 1000, b"\0"))
            done["uploads"] += 1

    async def explain_all(visitor: Visitor, film: Film) -> None:
        await visitor.give("example", "", try_example_horror=True)
        while True:
            await visitor.give("text", "", try_overview=film.text(), try_predict=True)
            for view in visitor.widgets["try_why_view"][2]:
                await visitor.give("view", "", try_why_view=[view])
                done["explanations"] += 1

    async def leave(visitor: Visitor, film: Film) -> None:
        await visitor.look("compare")

    async def all_at_once() -> None:
        acts = enumerate((rerun, upload, explain_all, leave))
        tasks = [asyncio.create_task(again_and_again(act, number)) for number, act in acts]
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(all_at_once())
    print(f"misbehaved: {', '.join(f'{count:,} {name}' for name, count in sorted(done.items()))}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["visitors", "memory", "misbehaviour"], help="one of the measurements")
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0, help="how long the visitors stay (%(default)g)")
    parser.add_argument("--sessions", type=int, default=200, help="that come and go (%(default)s)")
    parser.add_argument("--window", type=float, default=30.0, help="seconds alone, and beside another (%(default)g)")
    parser.add_argument("--rounds", type=int, default=5, help="of misbehaviour (%(default)s)")
    parser.add_argument("--misbehave", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.misbehave:
        misbehave(options.misbehave)
        return 0
    is_good = True
    cores = os.sched_getaffinity(0)
    for measure in (visitors, memory, misbehaviour):
        if options.only in (None, measure.__name__):
            with tempfile.TemporaryDirectory(prefix="genreclf-public-") as home:
                os.environ |= {"GENRECLF_HOME": home, public.VARIABLE: "1"}
                os.sched_setaffinity(0, sorted(cores)[:2])
                with served(Path(home)) as (url, process):
                    os.sched_setaffinity(0, cores)
                    is_good &= measure(url, psutil.Process(process.pid), options)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
