"""``genreclf runs``: list, show, stop, promote and reset."""

from pathlib import Path
from typing import Annotated, Any

import typer

from genreclf.cli import output
from genreclf.cli.options import JsonOption
from genreclf.cli.train import print_run
from genreclf.training.promote import promote, ship, unpromote, weights_set_of
from genreclf.training.runs import Run, find_run, list_runs

runs_app = typer.Typer(help="List, stop and promote training runs.", invoke_without_command=True)


RunArgument = Annotated[str, typer.Argument(help="The run's id, a clear part of it, or its folder.")]


def _find(run_id: str) -> Run:
    return Run(Path(run_id)) if (Path(run_id) / "config.json").is_file() else find_run(run_id)


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
        headers = ["Run", "Recipe", "Status", "Epochs", "Best val loss", "Best epoch"]
        keys = ["id", "recipe", "status", "epochs", "best_val_loss", "best_epoch"]
        output.print_table(headers, [["" if run[key] is None else run[key] for key in keys] for run in listed])


def _summary(run: Run) -> dict[str, Any]:
    best, config = run.best_epoch(), run.config
    return {
        "id": run.id,
        "model": run.model,
        "recipe": config.get("recipe_name"),
        "status": str(run.status()),
        "reason": run.exit.get("reason", ""),
        "epochs": len(run.epochs()),
        "best_epoch": best["epoch"] if best else None,
        "best_val_loss": best["val_loss"] if best else None,
        "created": config.get("created"),
        "data": config.get("data"),
        "folder": str(run.folder),
    }


@runs_app.command("stop")
def runs_stop(run_id: RunArgument) -> None:
    """Stop a run after the batch it is at; its best weights stay."""
    run = _find(run_id)
    run.request_stop()
    print(f"Run {run.id} will stop after its current batch.")


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
) -> None:
    """For maintainers: copy a run's best weights into the project's weights/, as float16."""
    shipped = ship(_find(run_id), weights_set)
    print(f"{shipped.model} is shipped in {shipped.folder}")


@runs_app.command("reset")
def runs_reset(
    model: Annotated[str, typer.Argument(help="The model whose shipped weights shall answer again.")],
    weights_set: Annotated[str, typer.Option("--set", help="imdb or sample.")] = "imdb",
) -> None:
    """Forget a promoted run; the shipped weights answer again."""
    gone = unpromote(model, weights_set)
    print(f"The shipped weights of {model} answer again." if gone else f"No run of {model} was promoted.")


@runs_app.command("show")
def runs_show(run_id: RunArgument) -> None:
    """Print a run's epochs."""
    print_run(_find(run_id))
