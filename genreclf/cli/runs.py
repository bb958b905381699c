"""``genreclf runs``: what there is, and what can be done with it."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from genreclf.cli import output
from genreclf.cli.compare import print_comparison
from genreclf.cli.options import JsonOption
from genreclf.cli.train import print_run
from genreclf.errors import UserError
from genreclf.runs.bundle import write_zip
from genreclf.runs.create import duplicate
from genreclf.runs.folder import Run, damaged_runs, find_run, list_runs
from genreclf.runs.notes import read_notes, write_notes
from genreclf.runs.queue import start_next
from genreclf.runs.summary import summarise
from genreclf.runs.tidy import delete_damaged, delete_runs
from genreclf.training.promote import promote, ship, unpromote, weights_set_of

runs_app = typer.Typer(help="List, compare, stop, promote and tidy up training runs.", invoke_without_command=True)


RunArgument = Annotated[str, typer.Argument(help="The run's id, a clear part of it, or its folder.")]


def _find(run_id: str) -> Run:
    here = Run(Path(run_id).resolve())
    return here if "recipe_name" in here.config else find_run(run_id)  # other programs write a config.json too


@runs_app.callback()
def runs(context: typer.Context, json: JsonOption = False) -> None:
    """List the training runs, the newest first."""
    if context.invoked_subcommand is not None:
        return
    listed = [_summary(run) for run in list_runs()]
    if json:
        output.print_json(listed)
    elif not listed:
        print("No run yet; start one with 'genreclf train lstm'.")
    else:
        names = {
            "Run": "id", "Name": "name", "Recipe": "recipe", "Status": "status", "Epochs": "epochs",
            "Best val loss": "best_val_loss", "Best epoch": "best_epoch",
        }  # fmt: skip
        if not any(run["name"] for run in listed):
            del names["Name"]
        rows = [["" if run[key] is None else run[key] for key in names.values()] for run in listed]
        output.print_table(list(names), rows)
    if damaged := damaged_runs():
        listed = ", ".join(folder.name for folder in damaged)
        print(f"No readable config.json in {listed}; 'runs delete NAME' clears it away.", file=sys.stderr)


def _summary(run: Run) -> dict[str, Any]:
    summary, config = summarise(run), run.config
    return {
        "id": run.id,
        "name": summary.notes.name,
        "note": summary.notes.note,
        "model": summary.model,
        "recipe": config.get("recipe_name"),
        "seed": config.get("seed"),
        "status": str(summary.status),
        "reason": run.exit.get("reason", ""),
        "epochs": summary.facts.epochs,
        "planned": summary.planned,
        "best_epoch": summary.facts.best_epoch,
        "best_val_loss": summary.facts.best_loss,
        "metrics": summary.measured,
        "seconds": round(summary.facts.seconds, 1),
        "created": config.get("created"),
        "data": config.get("data"),
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
    run_ids: Annotated[list[str], typer.Argument(help="Two runs or more: ids, clear parts of them, or folders.")],
    everything: Annotated[bool, typer.Option("--all", help="Print the settings that are the same too.")] = False,
    json: JsonOption = False,
) -> None:
    """Print what runs were asked for, where it differs, and how well they did, the best marked."""
    print_comparison([_find(run_id) for run_id in run_ids], everything, json)


@runs_app.command("rename")
def runs_rename(
    run_id: RunArgument, name: Annotated[str, typer.Argument(help="What to call it; '' takes the name away.")]
) -> None:
    """Give a run a name, shown in lists and in the app; its id stays."""
    run = _find(run_id)
    name = write_notes(run, name=name).name
    print(f"Run {run.id} is called {name!r} now." if name else f"Run {run.id} has no name now.")


@runs_app.command("note")
def runs_note(
    run_id: RunArgument,
    text: Annotated[
        str | None, typer.Argument(help="What to write; '' takes the note away.", show_default=False)
    ] = None,
) -> None:
    """Write a note about a run, or print it where no text is given."""
    run = _find(run_id)
    if text is None:
        print(read_notes(run).note)
        return
    note = write_notes(run, note=text).note
    print(f"The note of run {run.id} is {'kept' if note else 'gone'}.")


@runs_app.command("stop")
def runs_stop(run_id: RunArgument) -> None:
    """Stop a run after the batch it is at; its best weights stay."""
    run = _find(run_id)
    run.request_stop()
    print(f"Run {run.id} will stop after its current batch.")


@runs_app.command("duplicate")
def runs_duplicate(
    run_id: RunArgument,
    seed: Annotated[
        int | None, typer.Option(help="Another start of everything random; the run's own if not given.")
    ] = None,
) -> None:
    """Queue the same training again, start it if the device is free, and print its id."""
    again = duplicate(_find(run_id), seed)
    started = start_next(patience=5.0)
    print("It has started." if started == again else "It waits its turn.", file=sys.stderr)
    print(again.id)


@runs_app.command("zip")
def runs_zip(
    run_id: RunArgument,
    output_path: Annotated[
        Path | None, typer.Option("--output", help="A new file; RUN.zip in this folder if not given.")
    ] = None,
) -> None:
    """Pack a run into a zip file; the unpacked folder can be named to --weights."""
    run = _find(run_id)
    target = output_path or Path(f"{run.id}.zip")
    if target.exists():
        raise UserError(f"{target} exists already; name a new file.")
    write_zip(run, target)
    print(f"Run {run.id} is packed in {target}")


@runs_app.command("delete")
def runs_delete(
    run_ids: Annotated[list[str], typer.Argument(help="Runs that have ended: ids, clear parts of them, or folders.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove runs for good, with their curves and weights; a promoted copy stays."""
    damaged = {folder.name: folder for folder in damaged_runs()}
    folders = [damaged[name] for name in dict.fromkeys(run_ids) if name in damaged]
    chosen = list(dict.fromkeys(_find(run_id) for run_id in run_ids if run_id not in damaged))
    if active := [run.id for run in chosen if run.status().is_active]:
        raise UserError(f"Run {active[0]} is still active; stop it first.")
    names = ", ".join([*(run.id for run in chosen), *(folder.name for folder in folders)])
    if not yes and not _sure(f"Delete {names} for good?"):
        print("Nothing was deleted.", file=sys.stderr)
        raise typer.Exit(1)
    delete_runs(chosen)
    delete_damaged(folders)
    print(f"Deleted {names}.")


def _sure(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UserError("There is no terminal to ask on; add --yes to delete without a question.")
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:  # Ctrl-C, or the end of the input
        print(file=sys.stderr)
        return False


@runs_app.command("promote")
def runs_promote(run_id: RunArgument) -> None:
    """Make a run's best weights the ones that the app and 'predict' use."""
    run = _find(run_id)
    promoted = promote(run)
    back = f"runs reset {promoted.model} --set {weights_set_of(run)}"
    print(f"{promoted.model} now answers with {promoted.folder}; '{back}' goes back.")


@runs_app.command("ship")
def runs_ship(
    run_id: RunArgument,
    weights_set: Annotated[str, typer.Option("--set", help="imdb or sample.")] = "imdb",
    form: Annotated[str, typer.Option(help="float16, or int8 for half of that.")] = "float16",
) -> None:
    """For maintainers: copy a run's best weights into the project's weights/."""
    shipped = ship(_find(run_id), weights_set, form)
    print(f"{shipped.model} is shipped in {shipped.folder}")


@runs_app.command("reset")
def runs_reset(
    model: Annotated[str, typer.Argument(help="The model whose shipped weights shall answer again.")],
    weights_set: Annotated[str, typer.Option("--set", help="imdb or sample.")] = "imdb",
) -> None:
    """Forget a promoted run; the shipped weights answer again."""
    gone = unpromote(model, weights_set)
    print(f"The shipped weights of {model} answer again." if gone else f"No run of {model} was promoted.")
