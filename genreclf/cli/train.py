"""Watching a run from the terminal."""

import sys
import time

import typer

from genreclf import paths
from genreclf.cli import output
from genreclf.errors import UserError
from genreclf.models import BASELINES
from genreclf.recipes import recipe_of
from genreclf.runs.curves import comparable_with_base_rates
from genreclf.runs.estimate import estimate
from genreclf.runs.folder import Run, Status
from genreclf.runs.queue import start_next
from genreclf.runs.verdict import judge
from genreclf.units import duration

POLL_SECONDS = 0.5


def follow(run: Run) -> None:
    """Start a run when its turn comes and show it until it ends; Ctrl-C asks it to stop.

    Raises:
        UserError: it failed.
        typer.Exit: it was stopped or died (code 1).
    """
    print(f"Run {run.id} in {run.folder}", file=sys.stderr)
    shown = len(run.epochs())
    try:
        with output.progress("Waiting", "batches") as report:
            while (status := run.status()).is_active:
                if status is Status.QUEUED:
                    start_next(outside=run)
                shown = _show(run, status, report, shown)
                time.sleep(POLL_SECONDS)
            _show(run, status, report, shown)
    except KeyboardInterrupt:
        if run.status().is_active:
            run.request_stop()
        print(f"Stopping after this batch; go on later with: genreclf train {run.model} --resume "
              f"--run-dir {run.folder}", file=sys.stderr)  # fmt: skip
        while run.status().is_active:
            time.sleep(POLL_SECONDS)
    _conclude(run)


def _show(run: Run, status: Status, report: output.Reporter, shown: int) -> int:
    progress = run.progress
    phase = {"starting": "Starting", "preparing": "Preparing data", "evaluating": "Measuring"}.get(
        progress.get("phase", ""), f"Epoch {progress.get('epoch', 1)}/{progress.get('epochs', '?')}"
    )
    what = "Waiting for another run" if status is Status.QUEUED else phase
    epochs = run.epochs()
    for epoch in epochs[shown:]:
        figures = [
            f"{name} {epoch[name]:.4f}" for name in ("loss", "val_loss", "val_precision", "val_recall") if name in epoch
        ]
        line = "  ".join([f"epoch {epoch['epoch']:>3}", *figures, f"{epoch.get('seconds', 0):.0f} s"])
        output.stderr.print(line, soft_wrap=True)
    left = progress.get("seconds_left")
    note = f"about {duration(left)} left" if left else ""
    unit = "posters" if progress.get("phase") == "preparing" else "batches"
    report(progress.get("step", 0), progress.get("steps"), note, what, unit)
    return len(epochs)


def _conclude(run: Run) -> None:
    status = run.status()
    if not run.config_file.exists():
        raise UserError(f"The folder of run {run.id} was deleted while it trained; start a new run.")
    if status is Status.FAILED:
        raise UserError(run.exit.get("reason") or f"The run failed; see {run.log_file}.")
    if status is Status.DIED:
        print(f"The trainer died; go on with --resume --run-dir {run.folder}, or see {run.log_file}.", file=sys.stderr)
        raise typer.Exit(1)
    best = run.best_epoch()
    if best:
        print(f"{run.id}: {status}, best val loss {best['val_loss']:.4f} in epoch {best['epoch']}")
    else:
        print(f"{run.id}: {status}")
    print_verdict(run)
    test = run.exit.get("metrics", {}).get("test")
    if test:
        print(f"test split: BCE {test['bce']:.4f}, micro-F1 {test['micro_f1']:.3f}, mAP {test['map']:.3f}")
    print(f"use it in the app: genreclf runs promote {run.id if run.folder.parent == paths.runs_dir() else run.folder}")
    if status is Status.STOPPED:
        raise typer.Exit(1)


def print_run(run: Run) -> None:
    """Print a run's status and epochs."""
    print(f"{run.id}: {run.status()} {run.exit.get('reason', '')}".rstrip())
    names = [
        *("epoch", "loss", "val_loss", "precision", "val_precision", "recall", "val_recall", "seconds"),
        "learning_rate",
    ]
    rows = [[epoch.get(name, "") for name in names[:-1]] + [f"{epoch.get(names[-1], 0):.2g}"] for epoch in run.epochs()]
    if rows:
        output.print_table(names, rows)
        print_verdict(run)


def print_verdict(run: Run) -> None:
    """Print what the run's curves say."""
    if run.model in BASELINES:  # fitted in one go: there is no curve
        return
    verdict = judge(run.events(), comparable_with_base_rates(run.config), run.status().is_active)
    print(f"{verdict.headline}.", *verdict.figures, verdict.next_step)


def print_estimate(run: Run, films: int) -> None:
    """Say on stderr how long a run will take, where earlier ones tell.

    Args:
        run: the run.
        films: in its train split.
    """
    known = estimate(run.model, recipe_of(run.config), films)
    if known is not None:
        most = "at most about" if known.at_most else "about"
        runs = f"{known.runs} earlier run{'s' * (known.runs != 1)}"
        print(
            f"It takes {most} {duration(known.seconds)}, {duration(known.seconds_per_epoch)} an epoch, going by {runs} "
            "on this device.",
            file=sys.stderr,
        )
