"""How many films a second does ``predict --input`` predict, and does it take the same memory however many there are?

    python benchmarks/table.py --data DIR
    python benchmarks/table.py --data DIR --models poster --rows 1000 10000

Writes tables that repeat the films of a data set, and predicts each in a process of its own. What one film takes
(imports and loading, mostly) is subtracted from the seconds per film. *Steady* is the median memory from half of the
time on. Expect on two idle cores at least 350 films a second with ``cnn,lstm`` and 45 with ``poster``, in memory that
does not grow with the number of films. *Load* is the number of processes that want a core; the processors' time hardly
depends on it.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import chain, islice, repeat
from pathlib import Path
from typing import NamedTuple

import psutil
from command import run

from genreclf.cli.output import print_table
from genreclf.data.catalogue import IMAGES_NAME, TABLE_NAME
from genreclf.data.tables import open_csv
from genreclf.errors import UserError

EVERY = 0.05  # seconds between two readings of the memory
COLUMNS = ["Models", "Films", "Films a second", "CPU ms a film", "Peak MB", "Steady MB", "Load"]


class Cost(NamedTuple):
    """What a process took: seconds, processor seconds of all cores, its largest memory and its steady one in MB."""

    seconds: float
    processor: float
    peak: float
    steady: float


def main(argv: list[str] | None = None) -> int:
    """Print a line per choice of models and number of films; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="data-set folder")
    parser.add_argument("--models", nargs="+", default=["prior", "cnn,lstm", "poster"], help="default: %(default)s")
    parser.add_argument("--rows", nargs="+", type=int, default=[1000, 10_000, 100_000], help="default: %(default)s")
    parser.add_argument("--to", default="csv", choices=("csv", "parquet"), help="kind of output (%(default)s)")
    options = parser.parse_args(argv)
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / IMAGES_NAME).symlink_to((options.data / IMAGES_NAME).absolute())
        for models in options.models:
            start = predict(write_films(options.data, folder, 1), models, options.to)
            for rows in options.rows:
                cost = predict(write_films(options.data, folder, rows), models, options.to)
                seconds = cost.seconds - start.seconds  # too few to tell, for some models and few rows
                a_second = f"{(rows - 1) / seconds:.0f}" if seconds > 0.2 else ""
                processor = 1000 * (cost.processor - start.processor) / (rows - 1)
                memory = (f"{cost.peak:.0f}", f"{cost.steady:.0f}")
                lines.append([models, rows, a_second, processor, *memory, f"{os.getloadavg()[0]:.1f}"])
                print(*lines[-1], file=sys.stderr, flush=True)
    print_table(COLUMNS, lines)
    return 0


def write_films(data: Path, folder: Path, rows: int) -> Path:
    """Write a table of this many films, which repeats those of a data set as often as needed."""
    path = folder / "films.csv"
    with open_csv(data / TABLE_NAME) as table, path.open("w", encoding="utf-8", newline="") as stream:
        films = [cells for cells, problem in table.rows if not problem]
        csv.writer(stream).writerows(chain([table.columns], islice(chain.from_iterable(repeat(films)), rows)))
    return path


def predict(table: Path, models: str, extension: str) -> Cost:
    """Predict a table in a new process.

    Raises:
        UserError: the command failed, and has said why.
    """
    output = table.with_name(f"out.{extension}")
    command = ["-m", "genreclf", "predict", "--input", table, "--models", models, "--output", output]
    began, memory = time.perf_counter(), [0.0]
    process = subprocess.Popen([sys.executable, *map(str, command)], stdout=sys.stderr)
    watched = psutil.Process(process.pid)
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        memory.append(watched.memory_info().rss / 1e6)
        time.sleep(EVERY)
    _, status, usage = ended
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise UserError("The prediction failed, for the reason above; correct what was given.")
    seconds = time.perf_counter() - began
    peak = usage.ru_maxrss / 1000 * 1.024
    return Cost(seconds, usage.ru_utime + usage.ru_stime, peak, statistics.median(memory[len(memory) // 2 :]))


if __name__ == "__main__":
    run(main)
