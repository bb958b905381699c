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
    import_backend,
    load_data,
    parse_models,
    select_weights,
)
from genreclf.cli.predict import predict
from genreclf.cli.runs import runs_app
from genreclf.cli.train import train
from genreclf.models import SPECS, list_models
from genreclf.weights import folder as weights_folder

SCORES = {
    "bce": "BCE", "micro_f1": "micro-F1", "macro_f1": "macro-F1", "map": "mAP", "top1": "top-1",
    "top3_recall": "top-3 recall", "precision": "precision", "recall": "recall",
}  # fmt: skip

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
data_app = typer.Typer(help="Inspect a data set, or download the full public one.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.command()(train)
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
    """Find out how much a film's poster and plot summary reveal about its genres."""


@data_app.command("info")
def data_info(data: DataOption = None, json: JsonOption = False) -> None:
    """Count the films, genres and splits of a data set, and list every row with a problem."""
    info = load_data(data).info()
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
    dest: Annotated[
        Path | None, typer.Option(help="Folder to download to (default: data/imdb in GENRECLF_HOME).")
    ] = None,
    posters_url: Annotated[str | None, typer.Option(help="Another address of the zip archive of posters.")] = None,
    table_url: Annotated[str | None, typer.Option(help="Another address of the table of films.")] = None,
) -> None:
    """Download the full public data set (6,325 films, 265 MB); run it again to continue after an interruption."""
    from genreclf.data.fetch import imdb

    titles = {"check": "Checking", "table": "Table", "posters": "Posters", "extract": "Unpacking"}
    with output.progress("Downloading", "bytes") as report:
        result = imdb.fetch(
            dest,
            posters_url=posters_url or imdb.POSTERS_URL,
            table_url=table_url or imdb.TABLE_URL,
            on_progress=lambda state: report(state.done, state.total, task=titles[state.stage], unit=state.unit),
        )
    print(f"{result.films:,} films in {result.folder} ({result.written:,} posters written, {result.kept:,} kept)")


@app.command()
def evaluate(
    data: DataOption = None,
    split: Annotated[str, typer.Option(help="all, train, val or test.")] = "test",
    models: ModelsOption = None,
    weights: WeightsOption = None,
    json: JsonOption = False,
    report_file: Annotated[
        Path | None,
        typer.Option("--report", help="Also write a full report, with charts and films, as one HTML file."),
    ] = None,
) -> None:
    """Measure the models on a split, with the baselines for comparison."""
    from genreclf.evaluation.predictions import predict_split

    names = parse_models(models)
    catalogue = load_data(data)
    import_backend(weights_folder.available_weights(weights_folder.weights_set_for(catalogue.folder), weights))
    with output.progress("Predicting", "models") as on_progress:
        predictions = predict_split(catalogue, split, names, weights, on_progress)
    report = predictions.summary(names)
    if report_file is not None:
        from genreclf.evaluation.report.build import write_report

        with output.progress("Writing", "sections") as on_progress:
            write_report(predictions, report_file, on_progress=on_progress)
        print(f"Report written to {report_file}", file=sys.stderr)
    if json:
        output.print_json(report)
        return
    print(f"{report['n']:,} films of the {split} split of {catalogue.folder.name}\n")
    rows = [
        [SPECS[model].label + ("" if group == "models" else " (baseline)"), *(scores[key] for key in SCORES)]
        for group in ("baselines", "models")
        for model, scores in report[group].items()
    ]
    output.print_table(["Model", *SCORES.values()], rows)
    print("\nBCE: lower is better; all others: higher is better. The thresholds are the cards', fitted on val.")


@app.command()
def export(
    model: Annotated[str, typer.Argument(help=f"One of {', '.join(list_models())}.")],
    output_path: Annotated[Path, typer.Option("--output", help="A new folder (saved_model) or file (onnx).")],
    format: Annotated[str, typer.Option(help="saved_model or onnx.")] = "saved_model",
    weights: WeightsOption = None,
) -> None:
    """Write a trained model for other software, with its thresholds and vocabulary beside it."""
    from genreclf.predict.export import export as write

    [selected] = select_weights(parse_models(model), weights)
    output.import_tensorflow()
    write(selected, format, output_path)
    print(f"{model} written to {output_path}")
