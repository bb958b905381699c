"""``genreclf train`` starts or resumes a run and follows it; ``genreclf runs show`` prints one."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from genreclf.cli import output
from genreclf.cli.options import DataOption, ModelArgument, load_data
from genreclf.data.corrections import card_sentence
from genreclf.data.twins import leak_sentences
from genreclf.errors import UserError
from genreclf.models import BASELINES, get_spec
from genreclf.public import forbid
from genreclf.recipes import WITHOUT_TEACHER, further_films, get_recipe, has_teacher, initial_weights
from genreclf.recipes.settings import OPTIONS_FIELD, SETTINGS, parse_settings, settings_of
from genreclf.runs.curves import history, loss_of
from genreclf.runs.estimate import estimate
from genreclf.runs.folder import Run, Status, list_runs
from genreclf.runs.queue import new_run, start_next
from genreclf.runs.verdict import judge
from genreclf.units import duration, listed
from genreclf.weights.folder import same_genres_weights

POLL_SECONDS = 0.5
PHASES = {
    "starting": "Starting", "preparing": "Preparing data", "teacher": "The teacher predicts",
    "evaluating": "Evaluating",
}  # fmt: skip
_MEASURED = (("bce", "BCE", 4), ("micro_f1", "micro-F1", 3), ("map", "mAP", 3))
COLUMNS = ("epoch", "loss", "val_loss", "precision", "val_precision", "recall", "val_recall", "seconds")


def train(
    model: ModelArgument,
    data: DataOption = None,
    recipe: Annotated[str, typer.Option(help="tuned (this project's) or reference (the report's).")] = "tuned",
    epochs: Annotated[int | None, typer.Option(help=SETTINGS["epochs"].hint)] = None,
    batch_size: Annotated[int | None, typer.Option(help=SETTINGS["batch_size"].hint)] = None,
    learning_rate: Annotated[float | None, typer.Option(help=SETTINGS["learning_rate"].hint)] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change any setting of the recipe, such as augment=false."),
    ] = None,
    list_settings: Annotated[
        bool, typer.Option("--list-settings", help="List the model's settings with their values, and do not train.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed for all random choices.")] = 0,
    run_dir: Annotated[
        Path | None, typer.Option(help="Folder of the run (default: a new one under runs/ in GENRECLF_HOME).")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in --run-dir, or the last interrupted one.")
    ] = False,
) -> None:
    """Train a model in the background and follow it; Ctrl-C stops it after the current batch."""
    if not list_settings:
        forbid("Training a model")  # before anything else is complained about
    if resume:
        run = _interrupted(model, run_dir)
        run.requeue()
        follow(run)
        return
    shortcuts = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    changed = parse_settings(changes or []) | {name: value for name, value in shortcuts.items() if value is not None}
    catalogue = load_data(data)  # bad input is reported here, not in the run's log
    films = len(catalogue.in_split("train"))
    with_teacher = has_teacher(catalogue, model, recipe)
    settings = get_recipe(model, recipe, films, with_teacher, **changed)
    used = {setting.name for setting in settings_of(model)}
    if not get_spec(model).is_baseline and (unused := changed.keys() - used - {OPTIONS_FIELD}):
        raise UserError(f"The setting {listed(sorted(unused))} has no effect on {model}; leave it out.")
    if list_settings:
        plain = str.maketrans("", "", "`*")  # marks of Markdown
        rows = [
            [each.name, str(settings.value(each)), each.range_text().translate(plain), each.hint.translate(plain)]
            for each in settings_of(model)
        ]
        output.print_table(["Setting", "Value", "Allowed", "What it does"], rows)
        return
    for part in get_spec(model).parts:
        if same_genres_weights(part, catalogue) is None:
            raise UserError(f"{model} combines other models; train and promote {part} on these films first.")
    further = further_films(catalogue, model, settings)  # likewise
    initial_weights(model, settings, catalogue)
    trained_on = catalogue.with_training_films(further) if further else catalogue
    folder = run_dir and Path(os.path.realpath(run_dir))
    run = new_run(model, catalogue.folder, recipe, seed, folder, films, with_teacher, **changed)
    if not (with_teacher or settings.teacher):
        print(WITHOUT_TEACHER, file=sys.stderr)
    for sentence in leak_sentences(trained_on.leaks(), trained_on.info()["splits"]):
        print(sentence, file=sys.stderr)
    print_estimate(run, len(trained_on.in_split("train")))
    follow(run)


def _interrupted(model: str, run_dir: Path | None) -> Run:
    """The run that ``--resume`` continues."""
    if run_dir is None:
        for run in list_runs():
            if run.model == model and run.status().can_resume:
                return run
        raise UserError(f"No interrupted run of {model} was found; name its folder with --run-dir.")
    run = Run(Path(os.path.realpath(run_dir)))
    if damage := run.damage():
        raise UserError(f"There is no run to resume in {run_dir} ({damage}); start one without --resume.")
    if run.model != model:
        raise UserError(f"The run in {run_dir} trains {run.model}, not {model}; name another folder.")
    return run


def follow(run: Run) -> None:
    """Start a run when it is next in the queue and print its progress until it ends; Ctrl-C stops it.

    Raises:
        UserError: it failed.
        typer.Exit: it was stopped or died (code 1).
    """
    print(f"Run {run.id} in {run.folder}", file=sys.stderr)
    printed = len(run.epochs())
    try:
        with output.progress("Waiting", "batches") as report:
            while (status := run.status()).is_active:
                if status is Status.QUEUED:
                    start_next(outside=run)
                printed = _print_progress(run, status, report, printed)
                time.sleep(POLL_SECONDS)
            _print_progress(run, status, report, printed)
    except KeyboardInterrupt:
        if run.status().is_active:
            run.request_stop()
        command = f"genreclf train {run.model} --resume --run-dir {run.folder}"
        print(f"Stopping after this batch; to continue later: {command}", file=sys.stderr)
        while run.status().is_active:
            time.sleep(POLL_SECONDS)
    _print_outcome(run)


def _print_progress(run: Run, status: Status, report: output.Reporter, printed: int) -> int:
    """Print the epochs after the first ``printed``, and update the bar; returns the number of epochs."""
    progress = run.progress
    epoch = f"Epoch {progress.epoch or 1}/{progress.epochs or '?'}"
    task = "Waiting for another run" if status is Status.QUEUED else PHASES.get(progress.phase, epoch)
    epochs = run.epochs()
    for event in epochs[printed:]:
        names = [name for name in ("loss", "val_loss", "val_precision", "val_recall") if name in event]
        cells = [f"epoch {event['epoch']:>3}", *(f"{name} {event[name]:.4f}" for name in names)]
        output.stderr.print("  ".join([*cells, f"{event.get('seconds', 0):.0f} s"]), soft_wrap=True)
    note = f"about {duration(progress.seconds_left)} left" if progress.seconds_left else ""
    unit = {"preparing": "posters", "teacher": "films"}.get(progress.phase, "batches")
    report(progress.step, progress.steps, note, task, unit)
    return len(epochs)


def _print_outcome(run: Run) -> None:
    status = run.status()
    if not run.config_file.exists():
        raise UserError(f"The folder of run {run.id} was deleted during the training; start a new run.")
    if status is Status.FAILED:
        raise UserError(run.exit.reason or f"The run failed; see {run.log_file}.")
    if status is Status.DIED:
        remedy = f"continue with --resume --run-dir {run.folder}, or see {run.log_file}"
        print(f"The training process died; {remedy}.", file=sys.stderr)
        raise typer.Exit(1)
    best = run.best_epoch()
    best_text = f", best val loss {best['val_loss']:.4f} in epoch {best['epoch']}" if best else ""
    print(f"{run.id}: {status}{best_text}")
    _print_verdict(run)
    test = run.exit.metrics.get("test", {})
    if known := [f"{label} {test[name]:.{digits}f}" for name, label, digits in _MEASURED if name in test]:
        print(f"test split: {', '.join(known)}")
    print(f"to use it in the app: genreclf runs promote {run.id if run in list_runs() else run.folder}")
    if status is Status.STOPPED:
        raise typer.Exit(1)


def print_run(run: Run) -> None:
    """Print a run's status, its epochs and the verdict on its curves."""
    print(f"{run.id}: {run.status()} {run.exit.reason}".rstrip())
    if corrected := card_sentence(run.films.corrections):
        print(corrected)
    for problem in run.problems():
        print(f"Left out because it is damaged: {problem}.", file=sys.stderr)
    rows = [
        [*(epoch.get(name, "") for name in COLUMNS), f"{epoch.get('learning_rate', 0):.2g}"] for epoch in run.epochs()
    ]
    if rows:
        output.print_table([*COLUMNS, "learning_rate"], rows)
        _print_verdict(run)


def _print_verdict(run: Run) -> None:
    if run.model not in BASELINES:  # fitted in one step, without a curve
        curves = history(run.metrics_file)
        loss = loss_of(run.model, run.config.settings, curves.facts.genres)
        verdict = judge(curves, loss, run.status().is_active)
        print(f"{verdict.headline}.", *verdict.evidence, verdict.next_step)


def print_estimate(run: Run, films: int) -> None:
    """Print the estimated time of a run on stderr, if there is one; ``films`` is the size of its train split."""
    known = estimate(run.model, run.config.recipe, films)
    if known is not None:
        at_most = "at most about" if known.at_most else "about"
        runs = f"{known.runs} earlier run{'s' * (known.runs != 1)}"
        seconds = f"{at_most} {duration(known.seconds)} ({duration(known.seconds_per_epoch)} per epoch)"
        print(f"Estimated time: {seconds}, based on {runs} on this device.", file=sys.stderr)
