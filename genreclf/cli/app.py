"""The commands, each a thin layer over the library."""

import sys
from pathlib import Path
from typing import Annotated

import typer

import genreclf
from genreclf.cli import output
from genreclf.cli.options import (
    DataOption,
    JsonOption,
    ModelsOption,
    WeightsOption,
    found_weights,
    load,
    names_of,
    prepare_for,
)
from genreclf.cli.predict import predict
from genreclf.cli.runs import runs_app
from genreclf.cli.train import follow, print_estimate
from genreclf.errors import UserError
from genreclf.models import SPECS, get_spec, list_models
from genreclf.weights import folder as weights_module

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
data_app = typer.Typer(help="Look at a data set, or fetch the full public one.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.add_typer(runs_app, name="runs")
app.command()(predict)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"genreclf {genreclf.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """See what a film's poster and its overview give away about its genres."""


@data_app.command("info")
def data_info(data: DataOption = None, json: JsonOption = False) -> None:
    """Count the films, genres and splits of a data set, and list every row with a problem."""
    info = load(data).info()
    if json:
        output.print_json(info)
        return
    splits = ", ".join(f"{name} {count:,}" for name, count in info["splits"].items())
    print(f"{info['films']:,} films with posters ({splits})\ndigest {info['digest']}\n")
    rows = [[name, count, f"{count / info['films']:.1%}"] for name, count in info["genres"].items()]
    output.print_table(["Genre", "Films", "Share"], sorted(rows, key=lambda row: -row[1]))
    problems = info["problems"]
    print(f"\n{len(problems)} row{'s' * (len(problems) != 1)} left out" + (":" if problems else "."))
    if problems:
        output.print_table(["Id", "Problem"], [[item["id"], item["problem"]] for item in problems])


@data_app.command("fetch")
def data_fetch(
    dest: Annotated[Path | None, typer.Option(help="Where it goes; data/imdb in GENRECLF_HOME if not given.")] = None,
    posters_url: Annotated[str | None, typer.Option(help="A zip archive of the posters, from elsewhere.")] = None,
    table_url: Annotated[str | None, typer.Option(help="The table, from elsewhere.")] = None,
) -> None:
    """Fetch the full public data set (6,325 films, 265 MB); run it again to go on after an interruption."""
    from genreclf.data.fetch import imdb

    urls = {key: url for key, url in (("posters_url", posters_url), ("table_url", table_url)) if url}
    titles = {"check": "Checking", "table": "Table", "posters": "Posters", "extract": "Unpacking"}
    with output.progress("Fetching", "bytes") as report:

        def show(state: imdb.FetchProgress) -> None:
            report.unit = state.unit
            report(state.done, state.total, what=titles[state.stage])

        result = imdb.fetch(dest, on_progress=show, **urls)
    print(f"{result.films:,} films in {result.folder} ({result.written:,} posters written, {result.kept:,} kept)")


@app.command()
def train(
    model: Annotated[str, typer.Argument(help=f"One of {', '.join(SPECS)}.")],
    data: DataOption = None,
    recipe: Annotated[str, typer.Option(help="tuned (ours) or reference (the report's).")] = "tuned",
    epochs: Annotated[int | None, typer.Option(help="At most so many; the recipe's if not given.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Films a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The highest learning rate.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Any other setting of the recipe, such as augment=false.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    run_dir: Annotated[
        Path | None, typer.Option(help="The run's folder; runs/… in GENRECLF_HOME if not given.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --run-dir, or with the last interrupted one.")
    ] = False,
) -> None:
    """Train a model in a process of its own and watch it; Ctrl-C stops it gracefully."""
    from genreclf.recipes import get_recipe
    from genreclf.recipes.settings import parse_settings
    from genreclf.runs.create import new_run
    from genreclf.runs.folder import Run, list_runs
    from genreclf.runs.queue import resume as resume_run

    if resume:
        if run_dir is None:
            interrupted = [run for run in list_runs() if run.model == model and run.status().can_resume]
            if not interrupted:
                raise UserError(f"No run of {model} waits to be resumed; name its folder with --run-dir.")
            run = interrupted[0]
        else:
            run = Run(run_dir.resolve())
        if not run.config:
            raise UserError(f"{run_dir} holds no run (no config.json); start one without --resume.")
        if run.model != model:
            raise UserError(f"The run in {run_dir} trains {run.model}, not {model}; name the right one.")
        resume_run(run)
    else:
        changes = parse_settings(settings or [])
        given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
        changes |= {name: value for name, value in given.items() if value is not None}
        get_recipe(model, recipe, **changes)
        catalogue = load(data)  # a bad folder is told here and now, not in the run's log
        folder = run_dir.resolve() if run_dir else None
        run = new_run(model, catalogue.folder, recipe, seed, folder, **changes)
        print_estimate(run, len(catalogue.in_split("train")))
    follow(run)


@app.command()
def evaluate(
    data: DataOption = None,
    split: Annotated[str, typer.Option(help="all, train, val or test.")] = "test",
    models: ModelsOption = None,
    weights: WeightsOption = None,
    json: JsonOption = False,
    report_file: Annotated[
        Path | None,
        typer.Option("--report", help="Also write all of it, with charts and films, as one HTML file to open."),
    ] = None,
) -> None:
    """Measure the models on a split, the baselines beside them."""
    from genreclf.evaluation.measured import measured
    from genreclf.evaluation.predictions import predict_split

    names = names_of(models)
    catalogue = load(data)
    prepare_for(weights_module.available_weights(weights_module.weights_set_for(catalogue), weights))
    with output.progress("Predicting", "models") as report_progress:
        answers = predict_split(catalogue, split, names, weights, report_progress)
    report = measured(answers, names)
    if report_file is not None:
        from genreclf.evaluation.report.build import write_report

        with output.progress("Writing", "sections") as report_progress:
            write_report(answers, report_file, on_progress=report_progress)
        print(f"Report written to {report_file}", file=sys.stderr)
    if json:
        output.print_json(report)
        return
    print(f"{report['n']:,} films of the {split} split of {catalogue.folder.name}\n")
    names = {"bce": "BCE", "micro_f1": "micro-F1", "macro_f1": "macro-F1", "map": "mAP", "top1": "top-1",
             "top3_recall": "top-3 recall", "precision": "precision", "recall": "recall"}  # fmt: skip
    rows = [
        [SPECS[model].label + ("" if group == "models" else " (baseline)"), *(figures[key] for key in names)]
        for group in ("baselines", "models")
        for model, figures in report[group].items()
    ]
    output.print_table(["Model", *names.values()], rows)
    print("\nBCE: lower is better; all else: higher. Thresholds as in the models' cards, fitted on val.")


@app.command()
def export(
    model: Annotated[str, typer.Argument(help=f"One of {', '.join(list_models())}.")],
    output_path: Annotated[Path, typer.Option("--output", help="A new folder (saved_model) or file (onnx).")],
    format: Annotated[str, typer.Option(help="saved_model or onnx.")] = "saved_model",
    weights: WeightsOption = None,
) -> None:
    """Write a trained model for other software; thresholds and vocabulary go beside it."""
    from genreclf.predict.export import export as write

    get_spec(model)
    found = found_weights([model], weights)
    output.import_tensorflow()
    write(found[0], format, output_path)
    print(f"{model} written to {output_path}")
