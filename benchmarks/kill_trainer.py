"""Kill a trainer at random moments, resume it each time, and compare what comes out with an undisturbed run.

    python benchmarks/kill_trainer.py --kills 20

It should show every epoch once and none missing, the best weights measuring the best validation loss, and a final model
like the undisturbed run's. A home folder of its own is made and removed. Takes about six minutes on two cores.
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
from genreclf.runs.create import new_run
from genreclf.runs.folder import Run, Status
from genreclf.runs.queue import resume
from genreclf.weights.folder import read_weights


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--longest", type=float, default=12.0, help="seconds that a trainer lives at most")
    parser.add_argument("--data", type=Path, default=paths.SAMPLE)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="genreclf-kill-") as home:
        os.environ["GENRECLF_HOME"] = home
        whole, began = queue(arguments), time.monotonic()
        trainer(whole).wait()
        print(f"undisturbed: {whole.status()}, {time.monotonic() - began:.0f} s")
        killed = queue(arguments)  # not before: a trainer that ends starts what waits
        kills = kill_often(killed, arguments.kills, arguments.longest, random.Random(arguments.seed))
        return compare(whole, killed, arguments.epochs, kills == arguments.kills)


def queue(arguments: argparse.Namespace) -> Run:
    """A new run; early stopping never comes."""
    return new_run(arguments.model, arguments.data, epochs=arguments.epochs, patience=0)


def trainer(run: Run) -> subprocess.Popen:
    """The run's trainer, as the app starts it."""
    with run.log_file.open("ab") as log:
        command = [sys.executable, "-m", "genreclf.training.worker", str(run.folder)]
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=paths.PROJECT)


def kill_often(run: Run, kills: int, longest: float, chance: random.Random) -> int:
    """Kill the run's trainer and resume it; returns how often it was killed before it came to its end."""
    rows, slowest = [], 0.0
    for kill in range(1, kills + 1):
        process, moment = trainer(run), chance.uniform(0.5, longest)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        seen = time.monotonic()
        while run.is_locked():  # the kernel lets go of a killed process's lock a moment later
            time.sleep(0.01)
        slowest, status = max(slowest, time.monotonic() - seen), run.status()
        progress = run.progress
        at = f"epoch {progress['epoch']}, batch {progress['step']}" if "step" in progress else progress.get("phase", "")
        rows.append([kill, round(moment, 1), str(status), at, len(run.epochs())])
        if status is Status.DIED:
            resume(run)
        elif status is not Status.QUEUED:  # it was quicker than its killer
            break
    print_table(["Kill", "After s", "Then", "Killed at", "Epochs kept"], rows)
    print(f"a death was seen after {1000 * slowest:.0f} ms at most")
    trainer(run).wait()
    return sum(row[2] != str(Status.COMPLETED) for row in rows)


def compare(whole: Run, killed: Run, epochs: int, often: bool) -> int:
    """Print what holds; 0 where all does. On a GPU the last digits may differ."""
    lines = [event["epoch"] for event in killed.events() if event.get("event") == "epoch"]
    ours, theirs = killed.epochs(), whole.epochs()
    differences = [abs(a["val_loss"] - b["val_loss"]) for a, b in zip(ours, theirs, strict=False)]
    best, card, undisturbed = killed.best_epoch(), read_weights(killed.folder).card, read_weights(whole.folder).card
    measured = card["metrics"]["val"]["bce_uncalibrated"]
    weights = max_difference(killed.best_weights_file, whole.best_weights_file)
    checks = [
        ("killed as often as asked", often, ""),
        ("ends completed", killed.status() is Status.COMPLETED, str(killed.status())),
        ("every epoch once, none missing", lines == list(range(1, epochs + 1)), f"{len(lines)} lines"),
        ("best epoch as undisturbed", best["epoch"] == whole.best_epoch()["epoch"], f"epoch {best['epoch']}"),
        (
            "best weights measure the best val loss",
            abs(measured - best["val_loss"]) < 2e-4,
            f"{measured:.4f}, {best['val_loss']:.4f}",
        ),
        ("val losses as undisturbed", max(differences) == 0, f"differ by {max(differences):.1e} at most"),
        ("best weights as undisturbed", weights == 0, f"differ by {weights:.1e} at most"),
        (
            "test BCE as undisturbed",
            abs(card["metrics"]["test"]["bce"] - undisturbed["metrics"]["test"]["bce"]) == 0,
            f"{card['metrics']['test']['bce']:.4f}, {undisturbed['metrics']['test']['bce']:.4f}",
        ),
    ]
    print_table(["Check", "Holds", "Figures"], [[name, "yes" if holds else "NO", said] for name, holds, said in checks])
    return 0 if all(holds for _, holds, _ in checks) else 1


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
