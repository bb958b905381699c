"""With twenty sessions at once: how fast do pages respond, and how much slower does training get?

    python benchmarks/many_sessions.py --data DIR

It serves the app, trains a CNN, and measures batches per second in alternating periods without and with sessions. The
sessions speak Streamlit's protocol but draw nothing, as real browsers run on other machines. Half of them watch the
run (the page refreshes every two seconds), half open another page every few seconds. Every page should respond within
seconds, and training should slow down by less than 10 %. It takes about six minutes.
"""

import argparse
import asyncio
import contextlib
import os
import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from genreclf import paths
from genreclf.cli.output import print_table
from genreclf.data.catalogue import load_catalogue
from genreclf.runs.folder import Run
from genreclf.runs.queue import new_run


class Session:
    """One visitor's connection."""

    def __init__(self, url: str, responses: dict[str, list[float]], received: list[int], client: str = "127.0.0.1"):
        self.url, self.responses, self.received, self.client = url, responses, received, client
        self.refreshes: dict[str, float] = {}  # fragments that refresh themselves: seconds between refreshes
        self.errors = 0

    async def __aenter__(self) -> "Session":
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await websockets.connect(
            address, subprotocols=["streamlit"], max_size=None, compression=None,
            additional_headers={"X-Forwarded-For": self.client},  # believed from this machine, as from a proxy
        )  # fmt: skip
        return self

    async def __aexit__(self, *error) -> None:
        await self._socket.close()

    async def open(self, page: str, query: str = "") -> None:
        """Open a page, as a click on its name does."""
        self.refreshes.clear()
        self.page, self.query = page, query
        await self._rerun(page or "home")

    async def watch(self, until: float) -> None:
        """Stay on the page and refresh it as often as it requests."""
        while time.monotonic() < until:
            fragment, interval = next(iter(self.refreshes.items()), ("", 1.0))
            await asyncio.sleep(min(interval, max(0.0, until - time.monotonic())))
            if fragment and time.monotonic() < until:
                await self._rerun("refresh of the run", fragment)

    async def _rerun(self, page: str, fragment: str = "") -> None:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        await self._timed(page, message)

    async def _timed(self, name: str, message: BackMsg) -> None:
        """Send a message, wait until the page is drawn, and note the seconds under a name."""
        began = time.monotonic()
        await self._socket.send(message.SerializeToString())
        while True:
            data = await self._socket.recv()
            self.received[0] += len(data)
            message_back = ForwardMsg.FromString(data)
            self._take(message_back)
            if message_back.WhichOneof("type") == "script_finished" and (
                message_back.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            ):
                break
        self.responses[name].append(time.monotonic() - began)

    def _take(self, message: ForwardMsg) -> None:
        """Look at a message of the server."""
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            self.refreshes[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            self.errors += 1


@contextlib.contextmanager
def served(home: Path):
    """The app on a free port; yields its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=paths.PROJECT, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                break
            time.sleep(0.2)
        yield url, process
    finally:
        process.terminate()
        process.wait(60)


async def visit(url: str, run: Run, films: list[str], sessions: int, seconds: float, responses, received) -> int:
    """Let the sessions behave like visitors; returns how many errors they saw."""
    until, rng = time.monotonic() + seconds, random.Random(0)

    async def watcher() -> int:
        async with Session(url, responses, received) as session:
            await session.open("train", f"run={run.id}")
            await session.watch(until)
            return session.errors

    async def browser(number: int) -> int:
        async with Session(url, responses, received) as session:
            await asyncio.sleep(number * 0.5)
            while time.monotonic() < until:
                page = rng.choice(["", "browse", "browse", "compare", "train"])
                query = {"compare": f"film={rng.choice(films)}", "train": f"run={run.id}"}.get(page, "")
                await session.open(page, query)
                await session.watch(min(until, time.monotonic() + rng.uniform(3, 8)))
            return session.errors

    half = sessions // 2
    tasks = [*(watcher() for _ in range(half)), *(browser(number) for number in range(sessions - half))]
    return sum(await asyncio.gather(*tasks))


def batches_done(run: Run) -> tuple[float, float]:
    """The time of the last reported batch, and the number of batches until then."""
    last = [event for event in run.events() if event["event"] == "batch"][-1]
    return last["time"], (last["epoch"] - 1) * last["steps"] + last["step"]


def cpu_seconds(pid: int) -> float:
    """Processor time used by a process so far, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=paths.SAMPLE)
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--window", type=float, default=60.0, help="seconds per measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each kind")
    arguments = parser.parse_args()
    films = load_catalogue(arguments.data).films["id"].tolist()
    responses: dict[str, list[float]] = defaultdict(list)
    received, errors, rows = [0], 0, []
    with tempfile.TemporaryDirectory(prefix="genreclf-sessions-") as home:
        os.environ |= {"GENRECLF_HOME": home, "GENRECLF_DATA": str(arguments.data)}
        run = new_run(arguments.model, arguments.data, epochs=1000, patience=1000)
        with served(Path(home)) as (url, server):
            asyncio.run(visit(url, run, films, 2, 20, defaultdict(list), [0]))  # starts the run and fills the caches
            while len(run.epochs()) < 2:
                time.sleep(0.5)
            for _ in range(arguments.rounds):
                for sessions in (0, arguments.sessions):
                    (began, before), used, ours = batches_done(run), cpu_seconds(server.pid), own_seconds()
                    if sessions:
                        window = visit(url, run, films, sessions, arguments.window, responses, received)
                        errors += asyncio.run(window)
                    else:
                        time.sleep(arguments.window)
                    ended, after = batches_done(run)
                    spent = ended - began
                    server_share = (cpu_seconds(server.pid) - used) / spent
                    rows.append([sessions, (after - before) / spent, server_share, (own_seconds() - ours) / spent])
            run.request_stop()
            while not run.exit:
                time.sleep(0.5)
    print_table(["Sessions", "Batches per second", "Server's share of a core", "Sessions' share of a core"], rows)
    alone, watched = (statistics.mean(row[1] for row in rows if bool(row[0]) == kind) for kind in (False, True))
    timings = [
        [page, len(times), statistics.median(times), sorted(times)[int(len(times) * 0.95)], max(times)]
        for page, times in responses.items()
    ]
    print_table(["Page", "Responses", "Median s", "95 % s", "Longest s"], timings)
    print(f"{received[0] / 1e6 / (arguments.rounds * arguments.window):.2f} MB sent per second, {errors} errors")
    slower = 1 - watched / alone
    print(f"training: {alone:.2f} batches per second without sessions, {watched:.2f} with them, {slower:.1%} slower")
    return 0 if slower < 0.10 and not errors else 1


def own_seconds() -> float:
    """Processor time of this process, which plays the visitors' machines, seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
