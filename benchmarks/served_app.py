"""How soon does a new server answer, and how much memory does it take?

    python benchmarks/served_app.py
    python benchmarks/served_app.py --data DIR --films 30 --sessions 100 --csv memory.csv

It serves the app with an empty ``GENRECLF_HOME`` and uses it in headless Chromium. Each time is from a click (or from
the address entered) to the answer on the page, on a server that nobody has used before; the median of some servers.
Memory is the server's after each page was opened once, after films were explained by all models, and after sessions
came and went, some of them a minute later, when Streamlit has removed them.

A new server should show Home in 1.5 s, answer on *Try your own* and on Compare in 2 s and on Evaluate in 3 s, and stay
below 450 MB after each page, and below 600 MB at the end.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import command
import psutil
from many_sessions import Session, cpu_seconds, served
from playwright.sync_api import Browser, Page, expect, sync_playwright

from genreclf import paths
from genreclf.data.catalogue import load_catalogue

sys.path.append(str(paths.PROJECT / "tests" / "helpers"))
from app_browser import PAGES, choose_all_models, explain, go, press, settled

OVERVIEW = "A detective hunts a killer who leaves riddles in old books, and finds a murder in his own past."
BARS = "▁▂▃▄▅▆▇█"
GRACE = 65  # seconds until a closed session is removed
expect.set_options(timeout=180_000)


class Memory:
    """Watches the memory of a process and its children in a thread: ``(seconds, stage, MB)``."""

    def __init__(self, process: psutil.Process):
        self.process, self.stage, self.samples = process, "", list[tuple[float, str, float]]()
        self._began, self._ended = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *error) -> None:
        self._ended.set()
        self._thread.join()

    def now(self) -> float:
        """The resident memory, MB."""
        return sum(each.memory_info().rss for each in [self.process, *self.process.children(recursive=True)]) / 1e6

    def _watch(self) -> None:
        while not self._ended.wait(0.25):
            self.samples.append((time.monotonic() - self._began, self.stage, self.now()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=paths.SAMPLE, help="data set; by default the sample")
    parser.add_argument("--films", type=int, default=30, help="films that are explained (%(default)s)")
    parser.add_argument("--sessions", type=int, default=100, help="sessions opened and closed (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="new servers for each time (%(default)s; 0: no times)")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"), metavar="PATH")
    parser.add_argument("--csv", type=Path, help="where to write the memory over time")
    options = parser.parse_args()
    os.environ["GENRECLF_DATA"] = str(options.data.resolve())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"])
        if options.rounds:
            print_times(browser, options.rounds)
        return print_memory(browser, options)


def new_page(browser: Browser) -> Page:
    """A page of a visitor who has not been here before."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(180_000)
    return page


def print_times(browser: Browser, rounds: int) -> None:
    """Print the seconds until a new server's first answers."""
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(rounds + 1):
        for name, measure in {
            "Home by its address: first painted": home,
            "Try your own: a worked example": example,
            "Try your own: a typed text": typed,
            "Compare from Home: the first film": compare,
            "Compare by its address: the first film": compare_directly,
            "Evaluate from Home: all scores": evaluate,
        }.items():
            with tempfile.TemporaryDirectory(prefix="genreclf-served-") as folder:
                os.environ["GENRECLF_HOME"] = folder
                with served(Path(folder)) as (url, process):
                    page = new_page(browser)
                    began, used = measure(page, url, process.pid)
                    times[name].append((time.monotonic() - began, cpu_seconds(process.pid) - used))
                    page.context.close()
    rows = []
    for name, pairs in times.items():
        walls, processor = zip(*pairs[1:], strict=True)  # the first one fills the disk's cache
        rows.append([name, statistics.median(walls), max(walls), statistics.median(processor)])
    headings = ["until", "seconds", "slowest", "server's processor s"]
    command.print_markdown(f"New servers, median of {rounds}", headings, rows)


def _until(action: Callable[[], object], shown: Callable[[], object], pid: int) -> tuple[float, float]:
    began = time.monotonic(), cpu_seconds(pid)
    action()
    shown()
    return began


def home(page: Page, url: str, pid: int) -> tuple[float, float]:
    heading = page.get_by_role("heading", level=1, name="genreclf")
    return _until(lambda: page.goto(url, wait_until="commit"), heading.wait_for, pid)


def example(page: Page, url: str, pid: int) -> tuple[float, float]:
    page.goto(f"{url}/try-your-own")
    button = page.get_by_role("button", name="A night of horror")
    button.wait_for()
    settled(page)
    return _until(button.click, answer(page), pid)


def typed(page: Page, url: str, pid: int) -> tuple[float, float]:
    page.goto(f"{url}/try-your-own")
    page.get_by_label("Overview").fill(OVERVIEW)
    settled(page)
    return _until(page.get_by_role("button", name="Predict genres").click, answer(page), pid)


def compare(page: Page, url: str, pid: int) -> tuple[float, float]:
    at_home(page, url)
    return _until(link(page, "Compare").click, answer(page), pid)


def compare_directly(page: Page, url: str, pid: int) -> tuple[float, float]:
    return _until(lambda: page.goto(f"{url}/compare", wait_until="commit"), answer(page), pid)


def evaluate(page: Page, url: str, pid: int) -> tuple[float, float]:
    at_home(page, url)
    return _until(link(page, "Evaluate").click, lambda: scores(page), pid)


def at_home(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("heading", level=1, name="genreclf").wait_for()
    settled(page)


def link(page: Page, name: str):
    return page.locator("[data-testid=stSidebarNav]").get_by_role("link", name=name, exact=True)


def answer(page: Page) -> Callable[[], None]:
    """Waits for the details below the predictions, which are drawn after all of them."""
    return lambda: page.locator(".st-key-compare_details, .st-key-try_details").first.wait_for()


def scores(page: Page) -> None:
    """Wait until Evaluate has computed the predictions of all models."""
    page.get_by_role("heading", level=1, name="Evaluate").wait_for()
    page.get_by_role("tab", name="Scoreboard").wait_for()
    page.wait_for_timeout(100)
    while page.locator("[data-testid=stProgress]").count():
        expect(page.locator("[data-testid=stProgress]")).to_have_count(0)
        page.wait_for_timeout(100)  # the next model's may follow
    settled(page)


def print_memory(browser: Browser, options: argparse.Namespace) -> int:
    """Use one server for long, and print its memory over time; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="genreclf-served-") as folder:
        os.environ["GENRECLF_HOME"] = folder
        with served(Path(folder)) as (url, process), Memory(psutil.Process(process.pid)) as memory:
            visit_and_explain(browser, url, memory, options.films)
            films = load_catalogue(options.data).films["id"].tolist()
            memory.stage = f"{options.sessions} sessions opened and closed"
            come_and_go(url, films, options.sessions)
            memory.stage = "a minute later"
            time.sleep(GRACE)
            come_and_go(url, films, 1)  # Streamlit cleans up when something happens
            maps = Path(f"/proc/{process.pid}/maps").read_text()
    ends = {stage: megabytes for _, stage, megabytes in memory.samples if stage}
    peaks = {stage: max(each for _, at, each in memory.samples if at == stage) for stage in ends}
    rows = [[stage, end, peaks[stage]] for stage, end in ends.items()]
    command.print_markdown("Memory of one server, MB", ["after", "then", "at most"], rows)
    print(f"\nTensorFlow is {'' if 'tensorflow' in maps else 'not '}loaded.\n\n{plot(memory.samples)}")
    if options.csv:
        lines = [f"{seconds:.2f},{stage},{megabytes:.1f}\n" for seconds, stage, megabytes in memory.samples]
        options.csv.write_text("".join(["seconds,stage,megabytes\n", *lines]), "utf-8")
    return 0 if ends["Try your own"] <= 450 and list(ends.values())[-1] <= 600 else 1


def visit_and_explain(browser: Browser, url: str, memory: Memory, films: int) -> None:
    """Open each page, then explain films by all models on Compare."""
    page = new_page(browser)
    page.goto(url)
    names = {"Home": "", **{heading: path for path, heading in PAGES.items() if path}}
    for name in names:
        memory.stage = name
        if name != "Home":
            go(page, name)
        {"Home": lambda: settled(page), "Compare": answer(page), "Evaluate": lambda: scores(page)}.get(
            name, lambda: None
        )()
        if name == "Try your own":
            press(page, page.get_by_role("button", name="A night of horror"))
        page.wait_for_timeout(1000)
    memory.stage = "the first film explained by all models"
    go(page, "Compare")
    choose_all_models(page)
    views = explain(page)
    for number in range(2, films + 1):
        memory.stage = f"{films} films explained"
        press(page, page.get_by_role("button", name="Next", exact=True))
        views += explain(page)
        if number % 10 == 0:
            print(f"{number} films, {memory.now():,.0f} MB", file=sys.stderr)
    print(f"{views} explanations", file=sys.stderr)
    page.context.close()


def come_and_go(url: str, films: list[str], count: int) -> None:
    """Open Home and a film on Compare, and go, one visitor after another; they draw nothing (see many_sessions.py)."""

    async def visit() -> None:
        for number in range(count):
            async with Session(url, defaultdict(list), [0]) as session:
                await session.open("")
                await session.open("compare", f"film={films[number * 7 % len(films)]}")

    with ThreadPoolExecutor(1) as pool:  # Playwright's own loop runs in this thread
        pool.submit(asyncio.run, visit()).result()


def plot(samples: list[tuple[float, str, float]], width: int = 100) -> str:
    """The memory over time as a line of bars, the highest being the most memory."""
    most, parts = max(each for *_, each in samples), [samples[at * len(samples) // width] for at in range(width)]
    bars = "".join(BARS[round(megabytes / most * (len(BARS) - 1))] for *_, megabytes in parts)
    return f"{bars}  0 to {samples[-1][0]:.0f} s; the highest bar is {most:,.0f} MB"


if __name__ == "__main__":
    command.run(main)
