"""Seconds from starting a run to its first batch in ``metrics.jsonl``, and to a validation loss below a limit.

    python benchmarks/first_batch.py cnn lstm --data DIR
    python benchmarks/first_batch.py lstm --data DIR --below .2254
    python benchmarks/first_batch.py cnn --data DIR --set mixed_precision=false --set teacher=

starts runs as the app does, stops each once it got there, and prints the median of three. The films are prepared
before; everything is in a temporary home folder. On two quiet cores the first batch takes 6 to 9 s.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from genreclf import paths
from genreclf.cli.output import print_table
from genreclf.data.catalogue import load_catalogue
from genreclf.data.prepared import prepare
from genreclf.models import get_spec
from genreclf.recipes import get_recipe
from genreclf.recipes.settings import parse_settings
from genreclf.runs.folder import Run
from genreclf.runs.queue import new_run, start_next


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["cnn", "lstm"])
    parser.add_argument("--data", type=Path, default=paths.SAMPLE)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--below", type=float, help="also wait until the validation loss is lower")
    parser.add_argument("--epochs", type=int, default=0, help="also wait until so many epochs are finished")
    parser.add_argument("--limit", type=float, default=600.0, help="maximum seconds of a run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="genreclf-first-batch-") as home:
        os.environ["GENRECLF_HOME"] = home
        prepare_films(arguments)
        rows = [row(model, arguments) for model in arguments.models]
    print_table(["Model", "First batch s", "All", "Target s", "Epochs: seconds and val loss"], rows)
    return 0


def prepare_films(arguments: argparse.Namespace) -> None:
    """Prepare what the models and their teachers use, as any earlier training would have."""
    catalogue = load_catalogue(arguments.data)
    for model in arguments.models:
        teacher = get_recipe(model, **parse_settings(arguments.changes)).teacher
        for name in filter(None, (model, teacher)):
            prepare(catalogue, get_spec(name))


def row(model: str, arguments: argparse.Namespace) -> list[object]:
    """Start runs of a model one after the other; returns a row of the table."""
    first, target, epochs = [], [], ""
    for _ in range(arguments.repeats):
        run = new_run(model, arguments.data, **parse_settings(arguments.changes))
        began = time.time()
        start_next()
        wait_for(run, began + arguments.limit, lambda run: target_time(run, arguments) or run.exit_file.exists())
        events = run.events()
        batches = [event["time"] for event in events if event["event"] == "batch"]
        if not batches:
            print(run.log_file.read_text(), file=sys.stderr)
            raise SystemExit(f"{run.id} is {run.status()}: {run.exit.reason or 'no batch'}")
        first.append(batches[0] - began)
        target.append((target_time(run, arguments) or float("inf")) - began)
        epochs = ", ".join(f"{each['seconds']:.1f} s {each['val_loss']:.4f}" for each in run.epochs())
        run.request_stop()
        wait_for(run, time.time() + 300, lambda run: run.exit_file.exists() and not run.is_locked())
    return [model, round(median(first), 1), " ".join(f"{each:.1f}" for each in first), round(median(target), 1), epochs]


def target_time(run: Run, arguments: argparse.Namespace) -> float | None:
    """When the run had its first batch, so many epochs and so low a validation loss; None before."""
    batches = [event["time"] for event in run.events() if event["event"] == "batch"]
    epochs = run.epochs()
    reached = [epoch["time"] for epoch in epochs if arguments.below and epoch["val_loss"] < arguments.below]
    if not batches or (arguments.below and not reached) or len(epochs) < arguments.epochs:
        return None
    return max([batches[0], *reached[:1], *(epoch["time"] for epoch in epochs[: arguments.epochs])])


def wait_for(run: Run, deadline: float, is_reached) -> None:
    while not is_reached(run) and time.time() < deadline:
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
