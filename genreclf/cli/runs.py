"""``genreclf runs``: list training runs, and manage them."""

import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from genreclf.cli import output
from genreclf.cli.options import JsonOption, ModelArgument, WeightsSetOption
from genreclf.cli.train import print_run
from genreclf.errors import UserError
from genreclf.public import forbid
from genreclf.runs import compare
from genreclf.runs.bundle import write_zip
from genreclf.runs.compare import ComparedRun, Line, Summary, summarise_all
from genreclf.runs.folder import Run, damaged_runs, delete_damaged, delete_runs, find_run, list_runs
from genreclf.runs.notes import read_notes, write_notes
from genreclf.runs.queue import duplicate, start_next
from genreclf.units import readable
from genreclf.weights.folder import promoted_weights

# genreclf.training.promote imports pandas, so only the commands that need it import it
runs_app = typer.Typer(help="List, compare, stop, promote and delete training runs.", invoke_without_command=True)
RunArgument = Annotated[str, typer.Argument(help="The run's id, an unambiguous part of it, or its folder.")]
COLUMNS = {
    "Run": "id", "Name": "name", "Recipe": "recipe", "Status": "status", "Epochs": "epochs",
    "Best val loss": "best_val_loss", "Best epoch": "best_epoch",
}  # fmt: skip


def _find(run_id: str) -> Run:
    with suppress(ValueError):  # a NUL
        folder = Run(Path(os.path.realpath(run_id)))
        if folder.config.recipe_name:  # other programs write a config.json too
            return folder
    return find_run(run_id)


@runs_app.callback()
def runs(context: typer.Context, json: JsonOption = False) -> None:
    """List the training runs, the newest first."""
    if context.invoked_subcommand is not None:
        return
    listed = [_as_json(summary) for summary in summarise_all(list_runs())]
    if json:
        output.print_json(listed)
    elif not listed:
        print("There are no runs yet; start one with 'genreclf train lstm'.")
    else:
        names = [name for name in COLUMNS if name != "Name" or any(run["name"] for run in listed)]
        rows = [["" if run[COLUMNS[name]] is None else run[COLUMNS[name]] for name in names] for run in listed]
        output.print_table(names, rows)
    for model, weights_set, run_id, damage in promoted_weights():
        what = f"promoted weights, which are damaged ({damage})" if damage else f"the weights of run {run_id}"
        undo = f"genreclf runs reset {model} --set {weights_set}"
        print(f"{model} uses {what}; for the shipped ones: {undo}", file=sys.stderr)
    for folder, reason in damaged_runs():
        name = readable(folder.name)
        print(f"{name} is damaged ({reason}); to remove it: genreclf runs delete {shlex.quote(name)}", file=sys.stderr)


def _as_json(summary: Summary) -> dict[str, Any]:
    run, config = summary.run, summary.config
    return {
        "id": run.id,
        "name": summary.notes.name,
        "note": summary.notes.note,
        "model": summary.model,
        "recipe": config.recipe_name or None,
        "seed": config.seed,
        "status": str(summary.status),
        "reason": summary.reason,
        "epochs": summary.facts.epochs,
        "planned": summary.planned,
        "best_epoch": summary.facts.best_epoch,
        "best_val_loss": summary.facts.best_loss,
        "metrics": summary.scores,
        "seconds": round(summary.facts.seconds, 1),
        "created": config.created and config.created.isoformat(timespec="microseconds"),
        "data": config.data and str(config.data),
        "folder": str(run.folder),
    }


@runs_app.command("show")
def runs_show(run_id: RunArgument) -> None:
    """Print a run's epochs."""
    run = _find(run_id)
    notes = read_notes(run)
    for line in filter(None, [notes.name, notes.note]):
        print(line)
    print_run(run)


@runs_app.command("compare")
def runs_compare(
    run_ids: Annotated[list[str], typer.Argument(help="Two or more runs: ids, unambiguous parts of ids, or folders.")],
    everything: Annotated[bool, typer.Option("--all", help="Also print the settings that are the same.")] = False,
    json: JsonOption = False,
) -> None:
    """Compare runs: the settings that differ, and the scores, with the best of each marked."""
    compared = compare.read_all([_find(run_id) for run_id in run_ids])
    settings = [line for line in compare.settings(compared) if everything or line.differs]
    scores = compare.scores(compared)
    cautions = compare.cautions(compared)
    if json:
        described = [
            {"id": each.run.id, "title": each.summary.title, "model": each.summary.model, "loss": each.loss}
            for each in compared
        ]
        rows = {
            name: [_line_as_json(line, compared) for line in lines]
            for name, lines in (("settings", settings), ("scores", scores))
        }
        output.print_json({"runs": described, **rows, "cautions": cautions})
        return
    letters = [chr(ord("A") + index) if index < 26 else str(index + 1) for index in range(len(compared))]
    for letter, each in zip(letters, compared, strict=True):
        print(f"{letter}  {each.run.id}  {each.summary.title}")
    print()
    if settings:
        output.print_table(["Setting", *letters], [[line.label, *line.texts("* ")] for line in settings])
    else:
        print("All settings are the same, including the seed.")
    print()
    output.print_table(["Score", *letters], [[line.label, *line.texts("* ")] for line in scores])
    if any(line.best for line in scores):
        print("\n* best in its row: the lowest loss or BCE, the highest of every other score.")
    for caution in cautions:
        print(caution)


def _line_as_json(line: Line, compared: list[ComparedRun]) -> dict[str, Any]:
    ids = [each.run.id for each in compared]
    values = {"name": line.key, "label": line.label, "values": dict(zip(ids, line.values, strict=True))}
    return values | {"best": [ids[index] for index in line.best]} if line.best else values


@runs_app.command("rename")
def runs_rename(
    run_id: RunArgument, name: Annotated[str, typer.Argument(help="The new name; '' removes the old one.")]
) -> None:
    """Give a run a display name; its id does not change."""
    run = _find(run_id)
    name = write_notes(run, name=name).name
    print(f"Run {run.id} is now called {name!r}." if name else f"Run {run.id} now has no name.")


@runs_app.command("note")
def runs_note(
    run_id: RunArgument,
    text: Annotated[str | None, typer.Argument(help="The note; '' deletes it.", show_default=False)] = None,
) -> None:
    """Write a note about a run, or print its note if no text is given."""
    run = _find(run_id)
    if text is None:
        print(read_notes(run).note)
        return
    note = write_notes(run, note=text).note
    print(f"The note on run {run.id} is {'saved' if note else 'deleted'}.")


@runs_app.command("stop")
def runs_stop(run_id: RunArgument) -> None:
    """Stop a run after its current batch, keeping its best weights, or take it out of the queue."""
    run = _find(run_id)
    print(f"Run {run.id} {run.request_stop()}.")


@runs_app.command("duplicate")
def runs_duplicate(
    run_id: RunArgument,
    seed: Annotated[int | None, typer.Option(help="Seed for all random choices (default: the run's own).")] = None,
) -> None:
    """Queue the same training again, start it if the device is free, and print its id."""
    copy = duplicate(_find(run_id), seed)
    started = start_next(patience=5.0)
    print("It has started." if started == copy else "It waits in the queue.", file=sys.stderr)
    print(copy.id)


@runs_app.command("zip")
def runs_zip(
    run_id: RunArgument,
    output_path: Annotated[
        Path | None, typer.Option("--output", help="The file to write (default: RUN.zip in the current folder).")
    ] = None,
) -> None:
    """Pack a run into a zip file; once unpacked, --weights accepts its folder."""
    run = _find(run_id)
    target = output_path or Path(f"{run.id}.zip")
    if target.exists():
        raise UserError(f"{target} exists already; name a new file.")
    write_zip(run, target)
    print(f"Run {run.id} is packed in {target}")


@runs_app.command("delete")
def runs_delete(
    run_ids: Annotated[list[str], typer.Argument(help="Ended runs: ids, unambiguous parts of ids, or folders.")],
    yes: Annotated[bool, typer.Option("--yes", help="Delete without confirmation.")] = False,
) -> None:
    """Delete runs for good, with their curves and weights; promoted copies stay."""
    forbid("Deleting a run")  # before anybody is asked
    damaged = {name: folder for folder, _ in damaged_runs() for name in (readable(folder.name), folder.name)}
    folders = list(dict.fromkeys(damaged[name] for name in run_ids if name in damaged))
    chosen = list(dict.fromkeys(_find(run_id) for run_id in run_ids if run_id not in damaged))
    if active := [run.id for run in chosen if run.status().is_active]:
        raise UserError(f"Run {active[0]} is still active; stop it first.")
    names = ", ".join([*(run.id for run in chosen), *(readable(folder.name) for folder in folders)])
    if not yes and not _confirm(f"Delete {names} for good?"):
        print("Nothing was deleted.", file=sys.stderr)
        raise typer.Exit(1)
    delete_runs(chosen)
    delete_damaged(folders)
    print(f"Deleted {names}.")


def _confirm(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UserError("There is no terminal to confirm on; add --yes to delete without confirmation.")
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:  # Ctrl-C, or the end of the input
        print(file=sys.stderr)
        return False


@runs_app.command("promote")
def runs_promote(run_id: RunArgument) -> None:
    """Make the app and 'predict' use a run's best weights."""
    from genreclf.training.promote import promote, weights_set_of

    run = _find(run_id)
    promoted = promote(run)
    undo = f"genreclf runs reset {promoted.model} --set {weights_set_of(run)}"
    print(f"{promoted.model} now uses the weights in {promoted.folder}; to undo: {undo}")


@runs_app.command("ship")
def runs_ship(
    run_id: RunArgument,
    weights_set: WeightsSetOption = "imdb",
    form: Annotated[str, typer.Option(help="Number format: float16, or int8 at half its size.")] = "float16",
) -> None:
    """For maintainers: copy a run's best weights into the project's weights/ folder."""
    from genreclf.training.promote import ship

    shipped = ship(_find(run_id), weights_set, form)
    print(f"The weights of {shipped.model} are now in {shipped.folder}")


@runs_app.command("reset")
def runs_reset(
    model: ModelArgument,
    weights_set: WeightsSetOption = "imdb",
) -> None:
    """Undo 'promote': return to the shipped weights."""
    from genreclf.training.promote import unpromote

    if unpromote(model, weights_set):
        print(f"{model} uses its shipped weights again.")
        return
    elsewhere = [f"; one is for {each.weights_set}: add --set {each.weights_set}"
                 for each in promoted_weights() if each.model == model]  # fmt: skip
    print(f"No run of {model} is promoted for {weights_set}{''.join(elsewhere)}.")
