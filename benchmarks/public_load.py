"""How does a public server bear twenty visitors, two hundred sessions, and one visitor who misbehaves?

    python benchmarks/public_load.py
    python benchmarks/public_load.py --parts visitors --seconds 300

It serves the app with ``GENRECLF_PUBLIC=1``. The visitors speak Streamlit's protocol but draw nothing; each has an
address of its own. They try examples, type plots, upload posters and look at films with their explanations on Compare,
and think for some seconds in between. 95 % of the answers should come within 3 s, and none be lost. Two hundred
sessions that come and go should leave the memory as it was, within 50 MB. Beside a visitor who asks, uploads and opens
sessions without a pause, from a process of its own, others should wait at most a fifth longer. It takes 15 minutes.
"""

import argparse
import asyncio
import contextlib
import os
import random
import re
import statistics
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter, defaultdict
from multiprocessing import Process, Queue
from pathlib import Path

import command
import psutil
from many_sessions import Session, served
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from genreclf import paths, public
from genreclf.data.catalogue import Catalogue, load_table
from genreclf.predict.film import load_examples

GOAL, MOST_MEMORY, MOST_SLOWER = 3.0, 50.0, 1.2  # seconds, MB, times
GRACE = 70  # seconds until a closed session is removed
EXAMPLES = tuple(load_examples())
ANSWERS = ("an example", "a typed plot", "an uploaded poster", "a film on Compare")  # with predictions
PARTS = ("visitors", "sessions", "misbehaviour")


class Visitor(Session):
    """A session that uses widgets: it finds them by their keys in what the server has sent."""

    def __init__(self, url: str, answers: dict[str, list[float]], films: Catalogue, rng: random.Random, address: str):
        super().__init__(url, answers, [0], address)
        self.films, self.rng, self.widgets, self.session, self.refused = films, rng, {}, "", 0

    async def ask(self, what: str, page: str, query: str = "", **values: object) -> None:
        """Rerun a page, with a widget used, and wait for the answer."""
        message = BackMsg()
        message.rerun_script.page_name, message.rerun_script.query_string = page, query
        for key, value in values.items():
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self.widgets[key]
            if value is True:
                state.trigger_value = True
            elif isinstance(value, str):
                state.string_value = value
            else:
                file = state.file_uploader_state_value.uploaded_file_info.add()
                file.file_id, file.name, file.size = value
                file.file_urls.file_id = file.file_id
        is_answered = what not in ANSWERS
        began = time.monotonic()
        await self._socket.send(message.SerializeToString())
        while True:
            data = await self._socket.recv()
            for found in re.finditer(rb"\$\$ID-[0-9a-f]+-(\w+)", data):
                self.widgets[found[1].decode()] = found[0].decode()
            is_answered |= b"Numbers and sources" in data
            back = ForwardMsg.FromString(data)
            kind = back.WhichOneof("type")
            if kind == "new_session":
                self.session = back.new_session.initialize.session_id
            elif kind == "delta" and back.delta.new_element.WhichOneof("type") == "exception":
                self.errors += 1
            elif kind == "delta" and b"in a short time" in data:
                self.refused += 1
            elif kind == "script_finished" and back.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                break
        self.errors += not is_answered
        if what:
            self.responses[what].append(time.monotonic() - began)

    async def example(self) -> None:
        await self.ask("", "try-your-own")
        await self.ask("an example", "try-your-own", **{f"try_example_{self.rng.choice(EXAMPLES)}": True})

    async def text(self) -> None:
        await self.ask("", "try-your-own")
        await self.ask(
            "a typed plot", "try-your-own", try_overview=self.rng.choice(self.films.films["overview"].tolist())
        )

    async def poster(self) -> None:
        await self.ask("", "try-your-own")
        content = self.rng.choice(self.films.posters).path.read_bytes()
        file = str(uuid.uuid4())
        if await asyncio.to_thread(upload, self.url, self.session, file, content) != 204:
            self.refused += 1
            return
        uploader = max((key for key in self.widgets if key.startswith("try_poster_")), key=lambda key: int(key[11:]))
        await self.ask("an uploaded poster", "try-your-own", **{uploader: (file, "poster.jpg", len(content))})

    async def compare(self) -> None:
        await self.ask("a film on Compare", "compare", f"film={self.rng.choice(self.films.films['id'].tolist())}")

    async def other(self) -> None:
        await self.ask("another page", self.rng.choice(["", "browse", "train", "evaluate", "lesson"]))


def upload(url: str, session: str, file: str, content: bytes) -> int:
    """Upload a file as a browser does; returns the status."""
    with urllib.request.urlopen(f"{url}/_stcore/health", timeout=30) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    body = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="poster.jpg"\r\n\r\n' + content + b"\r\n--b--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Cookie": cookie,
               "X-Xsrftoken": cookie.partition("=")[2]}  # fmt: skip
    request = urllib.request.Request(f"{url}/_stcore/upload_file/{session}/{file}", body, headers, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


async def behave(visitor: Visitor, until: float, think: tuple[float, float]) -> None:
    """Use the app as people do."""
    ways = [
        visitor.example,
        visitor.text,
        visitor.text,
        visitor.poster,
        visitor.compare,
        visitor.compare,
        visitor.other,
    ]
    while time.monotonic() < until:
        await visitor.rng.choice(ways)()
        await asyncio.sleep(visitor.rng.uniform(*think))


async def visitors(url: str, films: Catalogue, count: int, seconds: float, think=(3.0, 8.0), seed: int = 0):
    """Some visitors at once; returns their times by kind of answer, and how many were lost and refused."""
    answers: dict[str, list[float]] = defaultdict(list)
    until, lost, refused = time.monotonic() + seconds, 0, 0

    async def one(number: int) -> tuple[int, int]:
        await asyncio.sleep(number * min(0.4, seconds / 4 / count))
        async with Visitor(url, answers, films, random.Random(seed * 1000 + number), f"198.51.100.{number}") as visitor:
            await behave(visitor, until, think)
            return visitor.errors, visitor.refused

    for found in await asyncio.gather(*(one(number) for number in range(count)), return_exceptions=True):
        lost += 1 if isinstance(found, BaseException) else found[0]
        refused += 0 if isinstance(found, BaseException) else found[1]
        if isinstance(found, BaseException):
            print(repr(found), file=sys.stderr)
    return answers, lost, refused


async def misbehave(url: str, films: Catalogue, until: float) -> dict[str, int]:
    """Ask, upload and open sessions without a pause; returns how often each was done."""
    done: dict[str, int] = defaultdict(int)
    rng = random.Random(99)

    async def ask() -> None:
        async with Visitor(url, defaultdict(list), films, rng, "203.0.113.1") as visitor:
            while time.monotonic() < until:
                await visitor.compare()
                done["answers"] += 1

    async def uploads() -> None:
        async with Visitor(url, defaultdict(list), films, rng, "203.0.113.1") as visitor:
            await visitor.ask("", "try-your-own")
            while time.monotonic() < until:
                status = await asyncio.to_thread(upload, url, visitor.session, str(uuid.uuid4()), bytes(4_900_000))
                done["uploads" if status == 204 else "uploads refused"] += 1

    async def sessions() -> None:
        while time.monotonic() < until:
            try:
                async with Visitor(url, defaultdict(list), films, rng, "203.0.113.1") as visitor:
                    await visitor.ask("", "browse")
                done["sessions"] += 1
            except Exception:  # refused, in one of several ways
                done["sessions refused"] += 1
                await asyncio.sleep(0.02)

    for found in await asyncio.gather(ask(), uploads(), sessions(), return_exceptions=True):
        if isinstance(found, BaseException):
            print(repr(found), file=sys.stderr)
    return done


def rows(answers: dict[str, list[float]]) -> list[list]:
    """Percentiles by kind of answer, and of all."""
    all_times = [each for times in answers.values() for each in times]
    return [[what, len(times), statistics.median(times), at(times, 0.95), max(times)]
            for what, times in [*sorted(answers.items()), ("all", all_times)] if times]  # fmt: skip


def at(times: list[float], share: float) -> float:
    """The time below which this share of the answers stayed."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def memory(process: psutil.Process) -> float:
    """The resident memory of the server and its children, MB."""
    return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)]) / 1e6


def print_visitors(url: str, films: Catalogue, options: argparse.Namespace) -> bool:
    answers, lost, refused = asyncio.run(visitors(url, films, options.visitors, options.seconds))
    found = rows(answers)
    command.print_markdown(f"{options.visitors} visitors for {options.seconds:.0f} s, seconds",
                           ["answer", "count", "median", "95 %", "longest"], found)  # fmt: skip
    print(f"\n{lost} lost, {refused} refused.")
    return found[-1][3] <= GOAL and not lost


def print_sessions(url: str, films: Catalogue, process: psutil.Process, options: argparse.Namespace) -> bool:
    async def come_and_go(count: int) -> None:
        for number in range(count):
            async with Visitor(url, defaultdict(list), films, random.Random(number), f"192.0.2.{number}") as visitor:
                await visitor.text()
                await visitor.compare()

    asyncio.run(come_and_go(20))
    time.sleep(GRACE)
    before = memory(process)
    asyncio.run(come_and_go(options.sessions))
    during = memory(process)
    time.sleep(GRACE)
    asyncio.run(come_and_go(1))  # Streamlit cleans up when something happens
    after = memory(process)
    print(f"\nMemory: {before:.0f} MB after 20 sessions, {during:.0f} MB after {options.sessions} more, {after:.0f} MB "
          f"a minute later: {after - before:+.0f} MB.")  # fmt: skip
    return abs(after - before) <= MOST_MEMORY


def _misbehave(url: str, seconds: float, done: Queue) -> None:
    """The process of the visitor who misbehaves."""
    os.nice(19)  # on a machine of its own
    done.put(Counter(asyncio.run(misbehave(url, load_table(paths.SAMPLE), time.monotonic() + seconds))))


def print_misbehaviour(url: str, films: Catalogue, options: argparse.Namespace) -> bool:
    def beside(seed: int) -> tuple[dict, Counter]:
        bad = Process(target=_misbehave, args=(url, options.seconds, done := Queue()), daemon=True)
        bad.start()
        answers, lost, _ = asyncio.run(visitors(url, films, 4, options.seconds, (3.0, 5.0), seed))
        bad.join()
        return answers, done.get() + Counter({"lost answers of the others": lost})

    alone, with_bad, done = [], [], {}
    for seed in range(options.rounds):  # in turns, as the machine's speed varies
        answers, _, _ = asyncio.run(visitors(url, films, 4, options.seconds, (3.0, 5.0), seed))
        alone += [each for times in answers.values() for each in times]
        answers, done = beside(seed)
        with_bad += [each for times in answers.values() for each in times]
    found = [[name, len(times), statistics.median(times), statistics.mean(times), at(times, 0.95)]
             for name, times in (("alone", alone), ("beside one who misbehaves", with_bad))]  # fmt: skip
    command.print_markdown("Four visitors, seconds", ["", "answers", "median", "mean", "95 %"], found)
    slower = found[1][2] / found[0][2]
    print(f"\nThe median is {slower:.2f} times as long. In the last round: {dict(done)}.")
    return slower <= MOST_SLOWER and not done["lost answers of the others"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=90.0, help="of each measurement (%(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="of alone and beside (%(default)s)")
    parser.add_argument("--parts", default=",".join(PARTS), help="%(default)s, or some of them")
    options = parser.parse_args()
    films, good = load_table(paths.SAMPLE), True
    os.environ[public.VARIABLE] = "1"
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="genreclf-public-"))
        os.environ["GENRECLF_HOME"] = home
        url, process = stack.enter_context(served(Path(home)))
        asyncio.run(visitors(url, films, 2, 15, (0.2, 0.5), seed=9))  # fills the caches
        for part in options.parts.split(","):
            if part == "visitors":
                good &= print_visitors(url, films, options)
            elif part == "sessions":
                good &= print_sessions(url, films, psutil.Process(process.pid), options)
            else:
                good &= print_misbehaviour(url, films, options)
    return 0 if good else 1


if __name__ == "__main__":
    command.run(main)
