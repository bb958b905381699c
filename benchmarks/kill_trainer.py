"""Kill a trainer at random moments, resume it each time, and compare the result with an undisturbed run.

    python benchmarks/kill_trainer.py --kills 20

Every epoch should be there exactly once, the best weights should reach the best validation loss, and the final model
should equal the undisturbed run's. It uses a temporary home folder, and takes about six minutes on two cores.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

from genreclf import paths
from genreclf.cli.output import print_table
from genreclf.runs.folder import Run, Status
from genreclf.runs.queue import new_run
from genreclf.weights.folder import read_weights


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--longest", type=float, default=12.0, help="maximum seconds before a trainer is killed")
    parser.add_argument("--data", type=Path, default=paths.SAMPLE)
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="genreclf-kill-") as home:
        os.environ["GENRECLF_HOME"] = home
        whole, began = queue(arguments), time.monotonic()
        trainer(whole).wait()
        print(f"undisturbed: {whole.status()}, {time.monotonic() - began:.0f} s")
        killed = queue(arguments)  # not earlier, as a trainer that ends starts the next waiting run
        kills = kill_often(killed, arguments.kills, arguments.longest, random.Random(arguments.seed))
        return compare(whole, killed, arguments.epochs, kills == arguments.kills)


def queue(arguments: argparse.Namespace) -> Run:
    """A new run without early stopping."""
    return new_run(arguments.model, arguments.data, epochs=arguments.epochs, patience=0)


def trainer(run: Run) -> subprocess.Popen:
    """Start the run's trainer as the app does."""
    with run.log_file.open("ab") as log:
        command = [sys.executable, "-m", "genreclf.training.worker", str(run.folder)]
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=paths.PROJECT)


def kill_often(run: Run, kills: int, longest: float, rng: random.Random) -> int:
    """Kill the run's trainer and resume it; returns how often it was killed before the run completed."""
    rows, slowest = [], 0.0
    for kill in range(1, kills + 1):
        process, moment = trainer(run), rng.uniform(0.5, longest)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        killed_at = time.monotonic()
        while run.is_locked():  # the kernel releases a killed process's lock a moment later
            time.sleep(0.01)
        slowest, status = max(slowest, time.monotonic() - killed_at), run.status()
        progress = run.progress
        position = progress.phase
        if position == "training":
            position = f"epoch {progress.epoch}, batch {progress.step}"
        rows.append([kill, round(moment, 1), str(status), position, len(run.epochs())])
        if status is Status.DIED:
            run.requeue()
        elif status is not Status.QUEUED:  # it completed before it was killed
            break
    print_table(["Kill", "After s", "Status", "Killed at", "Epochs stored"], rows)
    print(f"each death was noticed within {1000 * slowest:.0f} ms")
    trainer(run).wait()
    return sum(row[2] != str(Status.COMPLETED) for row in rows)


def compare(whole: Run, killed: Run, epochs: int, often: bool) -> int:
    """Print the checks and whether they pass; returns 0 if all do. On a GPU the last digits may differ."""
    lines = [event["epoch"] for event in killed.events() if event.get("event") == "epoch"]
    ours, theirs = killed.epochs(), whole.epochs()
    differences = [abs(a["val_loss"] - b["val_loss"]) for a, b in zip(ours, theirs, strict=False)]
    best, card, undisturbed = killed.best_epoch(), read_weights(killed.folder).card, read_weights(whole.folder).card
    measured = card["metrics"]["val"]["bce_uncalibrated"]
    weights = max_difference(killed.best_weights_file, whole.best_weights_file)
    checks = [
        ("killed as often as requested", often, ""),
        ("completed at the end", killed.status() is Status.COMPLETED, str(killed.status())),
        ("every epoch once, none missing", lines == list(range(1, epochs + 1)), f"{len(lines)} lines"),
        ("same best epoch as undisturbed", best["epoch"] == whole.best_epoch()["epoch"], f"epoch {best['epoch']}"),
        (
            "best weights reach the best val loss",
            abs(measured - best["val_loss"]) < 2e-4,
            f"{measured:.4f}, {best['val_loss']:.4f}",
        ),
        ("same val losses as undisturbed", max(differences) == 0, f"differ by {max(differences):.1e} at most"),
        ("same best weights as undisturbed", weights == 0, f"differ by {weights:.1e} at most"),
        (
            "same test BCE as undisturbed",
            abs(card["metrics"]["test"]["bce"] - undisturbed["metrics"]["test"]["bce"]) == 0,
            f"{card['metrics']['test']['bce']:.4f}, {undisturbed['metrics']['test']['bce']:.4f}",
        ),
    ]
    print_table(
        ["Check", "Passed", "Values"], [[name, "yes" if passed else "NO", values] for name, passed, values in checks]
    )
    return 0 if all(passed for _, passed, _ in checks) else 1


def max_difference(first: Path, second: Path) -> float:
    """The largest difference between the numbers of two weights files."""
    found: list[float] = []
    with h5py.File(first) as ours, h5py.File(second) as theirs:
        ours.visititems(
            lambda name, item: (
                found.append(float(np.abs(item[()] - theirs[name][()]).max(initial=0.0)))
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return max(found)


if __name__ == "__main__":
    sys.exit(main())
