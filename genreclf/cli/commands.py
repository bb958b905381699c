"""The commands, each a thin layer over the library."""

from pathlib import Path
from typing import Annotated, Any

import typer

import genreclf
from genreclf import weights as weights_module
from genreclf.catalogue import Catalogue, load_catalogue
from genreclf.cli import output
from genreclf.cli.train import follow, print_run
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import SPECS, get_spec, list_models
from genreclf.sources import default_source

app = typer.Typer(
    help="See what a film's poster and its overview give away about its genres.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
data_app = typer.Typer(help="Look at a data set, or fetch the full public one.", no_args_is_help=True)
runs_app = typer.Typer(help="List, stop and promote training runs.", invoke_without_command=True)
app.add_typer(data_app, name="data")
app.add_typer(runs_app, name="runs")

DataOption = Annotated[
    Path | None, typer.Option("--data", help="The data-set folder; GENRECLF_DATA or the embedded sample if not given.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
WeightsOption = Annotated[
    str | None, typer.Option("--weights", help="Which weights: imdb, sample, a weights folder, or a run's folder.")
]
ModelsOption = Annotated[str | None, typer.Option("--models", help="Models by name, separated by commas.")]


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    if version:
        print(f"genreclf {genreclf.__version__}")
        raise typer.Exit


def _load(data: Path | None) -> Catalogue:
    folder = data if data is not None else default_source().folder
    with output.progress("Checking posters", "posters") as report:
        return load_catalogue(folder, report)


def _names(models: str | None) -> list[str] | None:
    if models is None:
        return None
    names = [name.strip() for name in models.split(",") if name.strip()]
    if not names:
        raise UserError(f"--models names no model; choose some of {', '.join(SPECS)}.")
    for name in names:
        get_spec(name)
    return names


@data_app.command("info")
def data_info(data: DataOption = None, json: JsonOption = False) -> None:
    """Count the films, genres and splits of a data set, and list every row with a problem."""
    info = _load(data).info()
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
    from genreclf.sources import imdb

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
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    run_dir: Annotated[
        Path | None, typer.Option(help="The run's folder; runs/… in GENRECLF_HOME if not given.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the interrupted run in --run-dir.")] = False,
) -> None:
    """Train a model in a process of its own and watch it; Ctrl-C stops it gracefully."""
    from genreclf.training.launch import resume as resume_run
    from genreclf.training.recipe import get_recipe
    from genreclf.training.runs import Run
    from genreclf.training.start import new_run

    if resume:
        if run_dir is None:
            raise UserError("--resume needs --run-dir, the folder of the run to go on with.")
        run = Run(run_dir.resolve())
        if not run.config:
            raise UserError(f"{run_dir} holds no run (no config.json); start one without --resume.")
        if run.model != model:
            raise UserError(f"The run in {run_dir} trains {run.model}, not {model}; name the right one.")
        resume_run(run)
    else:
        get_recipe(model, recipe, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate)
        catalogue = _load(data)  # a bad folder is told here and now, not in the run's log
        folder = run_dir.resolve() if run_dir else None
        run = new_run(
            model, catalogue.folder, recipe, seed, folder, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate,
        )  # fmt: skip
    follow(run)


@runs_app.callback()
def runs(context: typer.Context, json: JsonOption = False) -> None:
    """List the training runs, the newest first."""
    if context.invoked_subcommand is not None:
        return
    from genreclf.training.runs import list_runs

    listed = [_summary(run) for run in list_runs()]
    if json:
        output.print_json(listed)
    elif not listed:
        print("No run yet; start one with 'genreclf train lstm'.")
    else:
        headers = ["Run", "Recipe", "Status", "Epochs", "Best val loss", "Best epoch"]
        keys = ["id", "recipe", "status", "epochs", "best_val_loss", "best_epoch"]
        output.print_table(headers, [["" if run[key] is None else run[key] for key in keys] for run in listed])


def _summary(run) -> dict[str, Any]:
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
def runs_stop(run_id: Annotated[str, typer.Argument(help="The run's id, or a clear part of it.")]) -> None:
    """Stop a run after the batch it is at; its best weights stay."""
    from genreclf.training.runs import find_run

    run = find_run(run_id)
    run.request_stop()
    print(f"Run {run.id} will stop after its current batch.")


@runs_app.command("promote")
def runs_promote(run_id: Annotated[str, typer.Argument(help="The run's id, or a clear part of it.")]) -> None:
    """Make a run's best weights the ones that the app and 'predict' use."""
    from genreclf.training.promote import promote
    from genreclf.training.runs import find_run

    promoted = promote(find_run(run_id))
    print(f"{promoted.model} now answers with {promoted.folder}; 'runs reset {promoted.model}' goes back.")


@runs_app.command("reset")
def runs_reset(
    model: Annotated[str, typer.Argument(help="The model whose shipped weights shall answer again.")],
    weights_set: Annotated[str, typer.Option("--set", help="imdb or sample.")] = "imdb",
) -> None:
    """Forget a promoted run; the shipped weights answer again."""
    get_spec(model)
    gone = weights_module.reset(model, weights_set)
    print(f"The shipped weights of {model} answer again." if gone else f"No run of {model} was promoted.")


@runs_app.command("show")
def runs_show(run_id: Annotated[str, typer.Argument(help="The run's id, or a clear part of it.")]) -> None:
    """Print a run's epochs."""
    from genreclf.training.runs import find_run

    print_run(find_run(run_id))


@app.command()
def evaluate(
    data: DataOption = None,
    split: Annotated[str, typer.Option(help="all, train, val or test.")] = "test",
    models: ModelsOption = None,
    weights: WeightsOption = None,
    json: JsonOption = False,
) -> None:
    """Measure the models on a split, the baselines beside them."""
    from genreclf.evaluation.report import evaluate as measure

    names = _names(models)
    catalogue = _load(data)
    _prepare_for(weights_module.available_weights(weights_module.weights_set_for(catalogue), weights))
    with output.progress("Predicting", "models") as report_progress:
        report = measure(catalogue, split, names, weights, report_progress)
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
def predict(
    poster: Annotated[Path | None, typer.Option(help="A poster: JPEG, PNG or WebP.")] = None,
    overview: Annotated[str | None, typer.Option(help="A film's overview, in English.")] = None,
    models: ModelsOption = None,
    weights: WeightsOption = None,
    top: Annotated[int, typer.Option(min=1, max=len(GENRES), help="Genres a model.")] = 3,
    json: JsonOption = False,
    input: Annotated[Path | None, typer.Option(help="A CSV or Parquet table of films.")] = None,
    posters: Annotated[Path | None, typer.Option(help="With --input: the folder of <Id>.jpg.")] = None,
    output_path: Annotated[Path | None, typer.Option("--output", help="With --input: the table to write.")] = None,
) -> None:
    """Predict the genres of one film (--poster, --overview) or of a table of films (--input, --output)."""
    single, table = poster is not None or overview is not None, input is not None
    if single == table:
        raise UserError("Give a film (--poster, --overview or both) or a table (--input and --output).")
    if table and output_path is None:
        raise UserError("--input needs --output, the table to write (.csv or .parquet).")
    chosen = _names(models)
    if table:
        _predict_table(input, output_path, posters, chosen, weights, top)
        return
    predictions = _predict_film(poster, overview, chosen, weights, top)
    if json:
        output.print_json({"predictions": predictions})
        return
    rows = [
        [SPECS[model].label, item["genre"], item["probability"], "chosen" if item["chosen"] else ""]
        for model, items in predictions.items()
        for item in items
    ]
    output.print_table(["Model", "Genre", "Probability", ""], rows)


def _found_weights(chosen: list[str] | None, choice: str | None) -> list[weights_module.Weights]:
    """The weights that shall answer a prediction or be exported."""
    found = []
    for name in chosen or list_models():
        weights = weights_module.find_weights(name, "imdb", choice)
        if weights is not None:
            found.append(weights)
        elif chosen:
            raise UserError(f"There are no weights for {name}; train it ('train {name}') and promote the run.")
    if not found:
        raise UserError("There are no trained weights; train a model and promote the run, or restore weights/.")
    return found


def _prepare_for(found: list[weights_module.Weights]) -> None:
    """Import TensorFlow, quietly, where one of these models runs on it."""
    if any(not SPECS[weights.model].is_baseline for weights in found):
        output.import_tensorflow()


def _predict_film(
    poster: Path | None, overview: str | None, chosen: list[str] | None, choice: str | None, top: int
) -> dict[str, list[dict[str, Any]]]:
    from genreclf.posters import UPLOAD_FORMATS, PosterError, open_poster, poster_array

    if overview is not None and not overview.strip():
        raise UserError("The overview is empty; give at least a few words.")
    image = None
    if poster is not None:
        if not poster.is_file():
            raise UserError(f"The poster {poster} does not exist; name a JPEG, PNG or WebP file.")
        try:
            image = open_poster(poster, UPLOAD_FORMATS)
        except PosterError as error:
            raise UserError(f"{poster}: {error}; try another image file.") from None
    given = [
        weights
        for weights in _found_weights(chosen, choice)
        if {"poster": poster, "overview": overview}.get(SPECS[weights.model].input, True) is not None
    ]
    for name in chosen or []:
        if name not in [weights.model for weights in given]:
            raise UserError(f"The model {name} needs the film's {SPECS[name].input}; add --{SPECS[name].input}.")
    if not given:
        raise UserError("No trained model can answer with what was given; add --poster or --overview.")
    _prepare_for(given)
    looks = any(SPECS[weights.model].input == "poster" for weights in given)
    pixels = poster_array(image)[None] if image is not None and looks else None
    predictions = {}
    for weights in given:
        predictor = genreclf.Predictor(weights)
        texts = [overview] if overview is not None else ([""] if SPECS[weights.model].input == "none" else None)
        probabilities = predictor.predict(pixels, texts)[0]
        predictions[weights.model] = [
            {"genre": item.genre, "probability": round(item.probability, 4), "chosen": item.chosen}
            for item in predictor.top(probabilities, top)
        ]
    return predictions


def _predict_table(
    source: Path, destination: Path, posters: Path | None, chosen: list[str] | None, choice: str | None, top: int
) -> None:
    from genreclf.tables import predict_table

    found = _found_weights(chosen, choice)
    _prepare_for(found)
    predictors = [genreclf.Predictor(weights) for weights in found]
    with output.progress("Predicting", "films") as report:
        done, failed = predict_table(source, destination, predictors, posters, top, report)
    print(f"{done:,} rows written to {destination}, {failed:,} of them with a problem")


@app.command()
def export(
    model: Annotated[str, typer.Argument(help=f"One of {', '.join(list_models())}.")],
    output_path: Annotated[Path, typer.Option("--output", help="A new folder (saved_model) or file (onnx).")],
    format: Annotated[str, typer.Option(help="saved_model or onnx.")] = "saved_model",
    weights: WeightsOption = None,
) -> None:
    """Write a trained model for other software; thresholds and vocabulary go beside it."""
    from genreclf.export import export as write

    get_spec(model)
    found = _found_weights([model], weights)
    output.import_tensorflow()
    write(found[0], format, output_path)
    print(f"{model} written to {output_path}")
