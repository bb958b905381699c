"""How fast and how reliably does the JSON API answer?

    python benchmarks/api_load.py
    python benchmarks/api_load.py --clients 8 --requests 200

It serves the API and asks about the sample's films with ``cnn`` and ``lstm``, with one client and with several; then
more clients than the queue has room for ask at once. With one client, the median should be at most 15 ms beyond
decoding the poster, which is measured apart; no answer may be an error, but 503 where the queue is full. It takes a
minute.
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import command

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_table
from genreclf.data.posters import open_poster, poster_array
from genreclf.models import get_spec
from genreclf.public import LIMITS

MODELS = ("cnn", "lstm")
GOAL = 15.0  # ms
BOUNDARY = "a-film"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8, help="clients that ask at the same time (%(default)s)")
    parser.add_argument("--requests", type=int, default=200, help="requests of each client (%(default)s)")
    options = parser.parse_args()
    films = load_table(paths.SAMPLE)
    bodies = [form(films, position) for position in range(64)]
    decoding = statistics.median(decoding_ms(films, position) for position in range(64))
    with served() as port:
        ask(port, bodies, 30)  # the first ones load and warm up
        alone, alone_statuses, _ = ask(port, bodies, options.requests)
        with ThreadPoolExecutor(options.clients) as pool:
            began = time.monotonic()
            parts = [*pool.map(lambda _: ask(port, bodies, options.requests), range(options.clients))]
            seconds = time.monotonic() - began
        together = [each for part in parts for each in part[0]]
        statuses = sum((part[1] for part in parts), Counter())
        flood = 4 * (LIMITS.waiting + 8)
        with ThreadPoolExecutor(flood) as pool:
            flooded = sum((part[1] for part in pool.map(lambda _: ask(port, bodies, 5), range(flood))), Counter())
        answered = ask(port, bodies, 10)[1]
    rows = [
        [name, len(times), statistics.median(times), at(times, 0.95), at(times, 0.99), dict(counts)]
        for name, times, counts in [("1", alone, alone_statuses), (str(options.clients), together, statuses)]
    ]
    command.print_markdown("Answers of cnn and lstm for a poster and an overview, ms",
                           ["clients", "requests", "median", "95 %", "99 %", "statuses"], rows)  # fmt: skip
    beyond = statistics.median(alone) - decoding
    print(f"\nDecoding and scaling a poster takes {decoding:.1f} ms, so the median beyond it is {beyond:.1f} ms.")
    print(f"{len(together) / seconds:.0f} answers a second with {options.clients} clients.")
    print(f"{flood} clients at once got {dict(flooded)}; afterwards {dict(answered)}.")
    right = set(statuses) == set(alone_statuses) == set(answered) == {200} and set(flooded) <= {200, 503}
    return 0 if beyond <= GOAL and right else 1


def form(films: Catalogue, position: int) -> bytes:
    """A film as a form."""
    film = films.films.iloc[position]
    parts = [
        ('name="overview"', film["overview"].encode()),
        ('name="poster"; filename="poster.jpg"', films.poster(film["id"]).path.read_bytes()),
    ]
    body = io.BytesIO()
    for disposition, content in parts:
        body.write(
            f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"
        )
    return body.getvalue() + f"--{BOUNDARY}--\r\n".encode()


def decoding_ms(films: Catalogue, position: int) -> float:
    """How long it takes to open a poster and to scale it for the models."""
    content = films.poster(films.films["id"].iloc[position]).path.read_bytes()
    began = time.perf_counter()
    image = open_poster(content)
    for model in MODELS:
        if size := get_spec(model).poster_size:
            poster_array(image, size)
    return 1000 * (time.perf_counter() - began)


def ask(port: int, bodies: list[bytes], requests: int) -> tuple[list[float], Counter, list[str]]:
    """Ask one question after another over one connection: milliseconds, statuses, and what was wrong."""
    times, statuses, problems = [], Counter[int](), []
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    for number in range(requests):
        began = time.perf_counter()
        connection.request("POST", f"/predict?models={','.join(MODELS)}", bodies[number % len(bodies)], headers)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        times.append(1000 * (time.perf_counter() - began))
        statuses[answer.status] += 1
        if answer.status == 200 and set(content["predictions"]) != set(MODELS):
            problems.append(str(content))
            statuses[-1] += 1
    connection.close()
    return times, statuses, problems


class served:
    """The API on a free port, which the block gets."""

    def __enter__(self) -> int:
        arguments = [sys.executable, "-m", "genreclf", "serve", "--port", "0"]
        self.process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=os.environ)
        line = self.process.stderr.readline()
        return int(line.split("http://127.0.0.1:")[1].split(",")[0])

    def __exit__(self, *error) -> None:
        self.process.terminate()
        self.process.wait(20)


def at(times: list[float], share: float) -> float:
    """The time below which this share of the answers stayed."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


if __name__ == "__main__":
    command.run(main)
