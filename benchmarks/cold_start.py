"""How soon does a public server answer that was just set up, under a container's conditions but without a container?

    sudo .venv/bin/python benchmarks/cold_start.py --python /usr/bin/python3.12
    sudo .venv/bin/python benchmarks/cold_start.py --memory 600 --rounds 5

It follows the Dockerfile: a virtual environment with nothing but the packages of ``deploy/requirements.txt``, in the
versions of ``requirements.lock``, and a copy of what ``.dockerignore`` lets through. It serves that as user 1000, who
may write nowhere but in a ``/tmp`` in memory, within 1 GB of memory, ``/tmp`` included, and asks in Chromium. Each
round is a new server, for which the system's cache of files is emptied, as on a machine that has just started; the last
one is used further: each page is opened, and films are explained by all models.

Linux only, and as root, for the control group, the mounts and the user.
"""

import argparse
import contextlib
import json
import os
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import command
import psutil
from playwright.sync_api import Browser, sync_playwright
from served_app import OVERVIEW, Memory, answer, link, new_page, visit_and_explain

from genreclf import paths

BASE_IMAGE = 130  # MB of python:3.12-slim
GROUPS = Path("/sys/fs/cgroup")
START = """
echo $$ > {group}/cgroup.procs
mount --make-rprivate / && mount -t tmpfs -o mode=1777 tmpfs /tmp && mount -o remount,bind,ro / || exit 1
cd {folder}/app
exec setpriv --reuid 1000 --regid 1000 --clear-groups env -i {variables} {command}
"""


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with what follows them."""
    text = (paths.PROJECT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, " ".join(rest.split())) for name, _, rest in (line.partition(" ") for line in lines)]


def copy_image(target: Path) -> None:
    """Copy what gets into the image, by ``.dockerignore``, which forbids everything and then lists what is let in."""
    lines = (paths.PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    first, *patterns = [line for line in lines if line and not line.startswith("#")]
    if first != "*":
        raise ValueError(".dockerignore should begin with *")
    never = [pattern.removeprefix("**/") for pattern in patterns if not pattern.startswith("!")]
    for start in (paths.PROJECT / pattern[1:] for pattern in patterns if pattern.startswith("!")):
        for file in [start] if start.is_file() else start.rglob("*"):
            place = file.relative_to(paths.PROJECT)
            if file.is_file() and not any(fnmatch(part, each) for part in place.parts for each in never):
                (target / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, target / place)


def build(folder: Path, python: str) -> None:
    """Follow the Dockerfile's steps in a folder: ``venv`` and ``app``."""
    copy_image(folder / "app")
    venv, app = folder / "venv" / "bin" / "python", folder / "app"
    subprocess.run([python, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    given = ["-r", app / "deploy" / "requirements.txt", "-c", app / "requirements.lock"]
    subprocess.run([python, "-m", "pip", "--python", venv, "install", "--quiet", "--no-cache-dir", *given], check=True)
    subprocess.run([venv, "-m", "compileall", "-q", "genreclf", "pages", "streamlit_app.py"], cwd=app, check=True)
    folder.chmod(0o755)


@contextlib.contextmanager
def limited(megabytes: int) -> Iterator[Path]:
    """A control group with so much memory, in either version of control groups."""
    group = (GROUPS / "memory" if (GROUPS / "memory").is_dir() else GROUPS) / f"genreclf-{os.getpid()}"
    group.mkdir()
    try:
        limit = next(file for name in ("memory.limit_in_bytes", "memory.max") if (file := group / name).exists())
        limit.write_text(str(megabytes * 10**6))
        yield group
    finally:
        for _ in range(50):  # until its processes have ended
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.1)


def used(group: Path) -> dict[str, float]:
    """MB in a control group: the most with cached files, and now without them and in ``/tmp``."""
    stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    peak = next(file for name in ("memory.max_usage_in_bytes", "memory.peak") if (file := group / name).exists())
    own = int(stat.get("total_rss") or stat["anon"])
    shared = int(stat.get("total_shmem") or stat.get("shmem", 0))
    return {"most": int(peak.read_text()) / 1e6, "own": own / 1e6, "tmp": shared / 1e6}


@contextlib.contextmanager
def served(folder: Path, group: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """Start the server as the Dockerfile does; yields its address, before it answers, and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = dict(instructions())
    variables = dict(each.split("=", 1) for each in shlex.split(found["ENV"]))
    variables |= {"PATH": f"{folder}/venv/bin:/usr/bin:/bin", "PORT": str(port)}
    script = START.format(
        group=group, folder=folder, command=shlex.join(json.loads(found["CMD"])),
        variables=shlex.join(f"{name}={value}" for name, value in variables.items()),
    )  # fmt: skip
    with open(folder / "server.log", "ab") as log:
        process = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(60)


def first_answers(browser: Browser, url: str, process: subprocess.Popen, began: float) -> dict[str, float]:
    """Seconds since the start until the server answers, shows Home, and answers on *Try your own*."""
    seconds = {}

    def note(name: str) -> None:
        seconds[name] = time.monotonic() - began

    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as page:
            page.read(1)
            break
        if process.poll() is not None:
            raise SystemExit("The server ended; its output is above.")
        time.sleep(0.02)
    note("first byte")
    page = new_page(browser)
    page.goto(url, wait_until="commit")
    page.get_by_role("heading", level=1, name="genreclf").wait_for()
    note("Home is drawn")
    link(page, "Try your own").click()
    page.get_by_role("textbox", name="Overview").fill(OVERVIEW)
    page.get_by_role("button", name="Predict genres").click()
    answer(page)()
    note("first answer on Try your own")
    page.context.close()
    return seconds


def print_sizes(folder: Path) -> None:
    """Print what the image consists of."""

    def size(*places: Path) -> float:
        done = subprocess.run(["du", "-sm", *places], stdout=subprocess.PIPE, text=True, check=True)
        return sum(int(line.split()[0]) for line in done.stdout.splitlines())

    packages = next((folder / "venv" / "lib").glob("python*")) / "site-packages"
    sizes = [(each.name, size(each)) for each in packages.iterdir()]
    largest = sorted(sizes, key=lambda each: -each[1])[:10]
    parts = [("Python and Debian (estimated)", BASE_IMAGE), ("packages", size(folder / "venv")),
             ("project", size(folder / "app"))]  # fmt: skip
    rows = [*parts, ("image", sum(megabytes for _, megabytes in parts))]
    command.print_markdown("Size of the image", ["part", "MB"], rows)
    command.print_markdown("Its largest packages", ["package", "MB"], largest)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="with which the environment is made (%(default)s)")
    parser.add_argument("--memory", type=int, default=1000, help="MB (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="new servers (%(default)s)")
    parser.add_argument("--films", type=int, default=3, help="films that are explained in the end (%(default)s)")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"), metavar="PATH")
    options = parser.parse_args()
    rows, columns = [], ["first byte", "Home is drawn", "first answer on Try your own"]
    with tempfile.TemporaryDirectory(prefix="genreclf-cold-", dir="/var/tmp") as name, sync_playwright() as playwright:
        folder = Path(name)
        build(folder, options.python)
        print_sizes(folder)
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"])
        for number in range(options.rounds):
            os.sync()
            Path("/proc/sys/vm/drop_caches").write_text("3")
            began = time.monotonic()
            with limited(options.memory) as group, served(folder, group) as (url, process):
                try:
                    seconds = first_answers(browser, url, process, began)
                    memory = Memory(psutil.Process(process.pid))
                    rows.append([*(seconds[each] for each in columns), memory.now(), *used(group).values()])
                    if number == options.rounds - 1:
                        with memory:
                            visit_and_explain(browser, url, memory, options.films)
                        rows.append([None, None, None, max(each for *_, each in memory.samples), *used(group).values()])
                finally:
                    if process.poll() is not None:
                        print((folder / "server.log").read_text(), file=sys.stderr)
    titles = [*(f"{each}, s" for each in columns), "resident MB", "most in the group", "its own", "in /tmp"]
    first, used_further = rows[: options.rounds], rows[options.rounds :]
    command.print_markdown(f"New servers, median of {options.rounds}, and the slowest", titles, [
        [statistics.median(each) for each in zip(*first, strict=True)],
        [max(each) for each in zip(*first, strict=True)],
    ])  # fmt: skip
    command.print_markdown(f"After each page, and {options.films} films explained", titles[3:], [used_further[0][3:]])
    return 0


if __name__ == "__main__":
    command.run(main)
