"""The commands, each a thin layer over the library."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

import genreclf
from genreclf.cli import options, output
from genreclf.cli.corrections import corrections_app
from genreclf.cli.runs import runs_app
from genreclf.cli.serve import serve
from genreclf.cli.train import train
from genreclf.data.catalogue import Problem, problem_groups
from genreclf.data.corrections import card_facts, card_sentence
from genreclf.data.health.findings import findings
from genreclf.data.posters import poster_array
from genreclf.errors import UserError
from genreclf.genres import MAX_GENRES
from genreclf.models import SPECS, left_out, model_label
from genreclf.predict.film import UNFAMILIAR, poster_notes, predict_film, read_overview, read_poster
from genreclf.predict.table import plan_table, predict_table
from genreclf.runs.folder import find_run
from genreclf.weights.folder import Weights

SCORES = ("bce", "micro_f1", "macro_f1", "map", "top1", "top3_recall", "precision", "recall")
SHOWN = 5  # films of a finding
LISTED = 20  # problems of a data set; more are grouped

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
data_app = typer.Typer(help="Inspect a data set, or download the full public one.", no_args_is_help=True)
app.add_typer(data_app, name="data")
data_app.add_typer(corrections_app, name="corrections")
app.command()(train)
app.command()(serve)
app.add_typer(runs_app, name="runs")


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
def data_info(data: options.DataOption = None, json: options.JsonOption = False) -> None:
    """Count a data set's films by genre and split; list what harms training or scores, and rows with a problem."""
    catalogue = options.load_data(data)
    info, found, ids = catalogue.info(), findings(catalogue), catalogue.films["id"].tolist()
    if json:
        output.print_json(info | catalogue.doubts() | {"health": [finding.as_json(ids) for finding in found]})
        return
    splits = ", ".join(f"{name} {count:,}" for name, count in info["splits"].items())
    inputs = {"": "with posters and overviews", "overviews": "with posters, without overviews",
              "posters": "with overviews, without posters"}  # fmt: skip
    given = inputs[catalogue.lacks(True, True)]
    if catalogue.is_mixed:
        given = f"({info['posters']:,} with a poster, {info['overviews']:,} with an overview)"
    print(f"{info['films']:,} films {given}, {splits}\ndigest {info['digest']}\n")
    if catalogue.unusable_overviews:
        print(f"No overview in the table can be used: of the first film, the {catalogue.unusable_overviews}.\n")
    rows = [[name, count, f"{100 * count / info['films']:5.1f} %"] for name, count in info["genres"].items()]
    output.print_table(["Genre", "Films", "Share"], sorted(rows, key=lambda row: -row[1]))
    print()
    for each in info["other_names"]:
        print(f"{each['films']:,} film{'s' * (each['films'] != 1)}: genre {each['name']!r} read as {each['genre']}.")
    if corrected := card_sentence(info["corrections"], "Corrections (genreclf data corrections)"):
        print(corrected)
    for finding in found:
        more = f" … ({len(finding.films):,}; --json lists all)" if len(finding.films) > SHOWN else ""
        films = ", ".join(ids[film] for film in finding.films[:SHOWN]) + more
        print(f"{finding.severity.capitalize()}: {finding.message}\n  {finding.effect}" + f"\n  {films}" * bool(films))
    print()
    _print_problems(catalogue.problems)


def _print_problems(problems: Sequence[Problem]) -> None:
    """List the rows that were left out; many are grouped by the reason."""
    print(f"{len(problems):,} row{'s' * (len(problems) != 1)} left out" + (":" if problems else "."))
    if len(problems) > LISTED:
        groups = problem_groups(problems)
        rows = [[len(ids), kind, ", ".join(ids[:3])] for kind, ids in groups[:LISTED]]
        output.print_table(["Rows", "Problem", "For example"], rows)
        rest = sum(len(ids) for _, ids in groups[LISTED:])
        print((f"{rest:,} more rows have other problems. " if rest else "") + "--json lists every row.")
    elif problems:
        output.print_table(["Id", "Problem"], [[item.id, item.problem] for item in problems])


@data_app.command("import")
def data_import(
    source: Annotated[Path, typer.Argument(help="Table, folder or zip archive of films, see docs/data.md.")],
    to: Annotated[
        Path | None, typer.Option(help="Folder to write (default: data/<name of the source> in GENRECLF_HOME).")
    ] = None,
    map: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="Column of a field (id, genres, overview, title, year, poster); overview= for none, "
            "genres=Action,Drama for 0/1 columns.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the data set in GENRECLF_HOME.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an imported data set of this name.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be imported; write nothing.")] = False,
    json: options.JsonOption = False,
) -> None:
    """Make a data set of films from elsewhere; their columns are guessed and shown, posters stay where they are."""
    from genreclf.data import importing

    if to is not None and name is not None:
        raise UserError("--to names a folder and --name a data set in GENRECLF_HOME; give one of them.")
    pairs = [pair.partition("=") for pair in map or ()]
    if wrong := [field for field, equals, _ in pairs if not equals]:
        raise UserError(f"--map {wrong[0]!r} has no =; write FIELD=COLUMN, such as --map overview=plot.")
    folder = importing.dataset_folder(source, name) if to is None else to
    films = importing.read_source(source, {field.strip(): column.strip() for field, _, column in pairs})
    try:
        if not dry_run:
            folder = importing.write_dataset(films, folder, replace)
    finally:
        importing.discard(films)
    if json:
        output.print_json(films.summary() | {"folder": None if dry_run else str(folder)})
        return
    print(f"{films.source.name}: {importing.FORMS[films.form]}\n")
    if films.columns:
        rows = [[field, films.columns.get(field, "")[:100]] for field in importing.FIELDS]
        output.print_table(["Field", "Column"], rows)
    print(f"\n{len(films.films):,} films, {films.overviews:,} with overviews, {films.posters:,} with posters; "
          f"{len(films.genres)} genres:\n")  # fmt: skip
    counts = films.genre_counts().items()
    output.print_table(["Genre", "Films"], [[*item] for item in sorted(counts, key=lambda item: -item[1])[:LISTED]])
    print(f"… and {len(counts) - LISTED} more\n" if len(counts) > LISTED else "")
    rows = [[film["id"], film["title"], film["year"] or "", ", ".join(film["genres"]), film["overview"],
             "yes" if film["poster"] else ""] for film in films.preview()]  # fmt: skip
    output.print_table(["Id", "Title", "Year", "Genres", "Overview", "Poster"], rows)
    print()
    for note in films.notes:
        print(note)
    _print_problems(films.problems)
    command = f"genreclf data info --data {shlex.quote(str(folder))}"
    print("Nothing was written." if dry_run else f"Written to {folder}; '{command}' checks its posters and texts.")


@data_app.command("fetch")
def data_fetch(
    dest: Annotated[
        Path | None, typer.Option(help="Folder to download to (default: data/imdb in GENRECLF_HOME).")
    ] = None,
    posters_url: Annotated[str | None, typer.Option(help="Alternative address of the posters' zip archive.")] = None,
    table_url: Annotated[str | None, typer.Option(help="Alternative address of the table of films.")] = None,
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
    data: options.DataOption = None,
    split: Annotated[str, typer.Option(help="all, train, val or test.")] = "test",
    models: options.ModelsOption = None,
    weights: options.WeightsOption = None,
    json: options.JsonOption = False,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Also write a full report, with charts and films, as one HTML file.")
    ] = None,
    runs: Annotated[
        list[str] | None, typer.Option("--run", help="Also measure a run's weights, by its id; may be repeated.")
    ] = None,
    tables: Annotated[
        list[Path] | None,
        typer.Option(
            "--predictions",
            help="Also measure someone else's predictions: a CSV, TSV or Parquet table with the column Id and one of "
            "probabilities per genre; may be repeated.",
        ),
    ] = None,
) -> None:
    """Evaluate the models on a split, with the baselines for comparison."""
    from genreclf.evaluation.metrics import NAMES
    from genreclf.evaluation.predictions import predict_split
    from genreclf.evaluation.tables import read_tables
    from genreclf.evaluation.wording import SPLITS, all_films_sentence, macro_sentence, scope_sentences, twins_sentence

    names, further = options.parse_models(models), [find_run(each) for each in runs or ()]
    catalogue = options.load_data(data)
    others = [table for path in tables or () for table in read_tables(path, catalogue)]
    with output.progress("Predicting", "models") as on_progress:
        predictions = predict_split(catalogue, split, names, weights, on_progress, further, others)
    report = predictions.summary(names)
    corrected = card_sentence(card_facts(catalogue.corrections), "Corrections of the data set")
    notes = (corrected, left_out(catalogue), twins_sentence(predictions), all_films_sentence(predictions))
    for sentence in filter(None, [*notes, *scope_sentences(predictions)]):
        print(sentence, file=sys.stderr)
    if report_file is not None:
        from genreclf.evaluation.report.build import write_report

        with output.progress("Writing", "sections") as on_progress:
            write_report(predictions, report_file, on_progress=on_progress)
        print(f"Report written to {report_file}", file=sys.stderr)
    if json:
        output.print_json(report)
        return
    kind = "" if split == "all" else f"{SPLITS[split].lower()} "
    print(f"{report['n']:,} {kind}films of the data set “{catalogue.folder.name}”\n")
    rows = [
        [model_label(model) + ("" if group == "models" else " (baseline)"), *(scores[key] for key in SCORES)]
        for group in ("baselines", "models")
        for model, scores in report[group].items()
    ]
    output.print_table(["Model", *(NAMES[score] for score in SCORES)], rows)
    print(
        "\nLower is better for BCE, higher for all other scores. Each model's thresholds were fitted on the "
        f"validation films of the set that it learned from. {macro_sentence(predictions)}"
    )


@app.command()
def predict(
    poster: Annotated[Path | None, typer.Option(help="Poster image: JPEG, PNG or WebP.")] = None,
    overview: Annotated[str | None, typer.Option(help="Plot summary of the film, in English.")] = None,
    models: options.ModelsOption = None,
    weights: options.WeightsOption = None,
    top: Annotated[int, typer.Option(min=1, max=MAX_GENRES, help="How many genres to list per model.")] = 3,
    json: options.JsonOption = False,
    input: Annotated[
        Path | None,
        typer.Option(help="Table of films, CSV or Parquet, with the columns Id (to find posters), Overview, or both."),
    ] = None,
    posters: Annotated[
        Path | None,
        typer.Option(
            help="With --input: folder of the posters, <Id>.jpg, .png and so on (default: Images beside the table)."
        ),
    ] = None,
    output_path: Annotated[
        Path | None,
        typer.Option("--output", help="With --input: the table to write; the other columns are copied unchanged."),
    ] = None,
    wide: Annotated[
        bool, typer.Option("--wide", help="With --input: also one column per genre, <model>_p_<genre>, unrounded.")
    ] = False,
    id_column: Annotated[
        str | None, typer.Option("--id-column", help="With --input: the column to use as Id, if it has another name.")
    ] = None,
    overview_column: Annotated[
        str | None,
        typer.Option("--overview-column", help="With --input: the column to use as Overview, if it has another name."),
    ] = None,
) -> None:
    """Predict the genres of one film (--poster, --overview) or of a table of films (--input, --output)."""
    if (poster is not None or overview is not None) == (input is not None):
        raise UserError("Give either a film (--poster, --overview or both) or a table (--input and --output).")
    for_tables = {"--posters": posters, "--output": output_path, "--wide": wide or None, "--id-column": id_column,
                  "--overview-column": overview_column}  # fmt: skip
    names = options.parse_models(models)
    if input is None:
        if given := [option for option, value in for_tables.items() if value is not None]:
            raise UserError(f"{given[0]} is for tables; add --input, or leave it out.")
        _predict_film(poster, overview, names, weights, top, json)
        return
    if output_path is None:
        raise UserError("--input needs --output, the table to write (.csv or .parquet).")
    selected = options.select_weights(names, weights)
    _check_top(top, selected)
    plan = plan_table(input, output_path, [each.model for each in selected], posters, top=top, wide=wide,
                      id_column=id_column, overview_column=overview_column, only_usable=names is None,
                      genres={each.model: each.genres for each in selected})  # fmt: skip
    for remark in plan.remarks:
        print(remark, file=sys.stderr)
    predictors = _load([each for each in selected if each.model in plan.models], names)
    vocabulary = options.vocabulary(weights)
    with output.progress("Predicting", "films") as report:
        done, failed = predict_table(plan, predictors, report, vocabulary)
    if json:
        output.print_json({"rows": done, "problems": failed, "output": str(output_path)})
        return
    print(f"{done:,} row{'s' * (done != 1)} written to {output_path}, {failed:,} of them with a problem")


def _check_top(top: int, selected: list[Weights]) -> None:
    if top > (most := max(len(each.genres) for each in selected)):
        raise UserError(f"--top is {top}, but the models know only {most} genres; choose a number up to {most}.")


def _predict_film(
    poster: Path | None, overview: str | None, names: list[str] | None, choice: str | None, top: int, json: bool
) -> None:
    """Predict one film and print the result."""
    notes: list[str] = []
    pixels = text = None
    if overview is not None:
        read = read_overview(overview, options.vocabulary(choice))
        if read.problem:
            raise UserError(f"The {read.problem}; describe the plot in a sentence or two, or leave out --overview.")
        text, notes = read.text, [*read.notes]
    if poster is not None:
        if not poster.exists():
            raise UserError(f"The poster {poster} does not exist; name a JPEG, PNG or WebP file.")
        try:
            image = read_poster(poster)
        except UserError as error:
            raise UserError(f"{poster}: {error}") from None
        pixels = partial(poster_array, image)
        notes += poster_notes(image)
    usable = []
    selected = options.select_weights(names, choice)
    _check_top(top, selected)
    for weights in selected:
        spec = SPECS[weights.model]
        if spec.can_predict(poster is not None, overview is not None):
            usable.append(weights)
        elif names:
            raise UserError(f"The model {spec.name} needs the film's {spec.input}; add --{spec.input}.")
    if not usable:
        raise UserError("No trained model can predict from this input alone; add --poster or --overview.")
    answers = predict_film(_load(usable, names), pixels, text)
    notes += [UNFAMILIAR] if any(each.unfamiliar for each in answers) else []
    predictions = {
        each.weights.model: [{**asdict(item), "probability": round(item.probability, 4)} for item in each.top(top)]
        for each in answers
    }
    for note in notes:
        print(note, file=sys.stderr)
    if json:
        output.print_json({"predictions": predictions, "notes": notes})
        return
    rows = [
        [SPECS[model].label, item["genre"], item["probability"], "picked" if item["chosen"] else ""]
        for model, items in predictions.items()
        for item in items
    ]
    output.print_table(["Model", "Genre", "Probability", ""], rows)


def _load(selected: list[Weights], names: list[str] | None) -> list[genreclf.Predictor]:
    """Load weights; damaged ones are skipped with a message, unless --models names their model."""
    predictors = []
    for weights in selected:
        try:
            predictors.append(genreclf.Predictor(weights))
        except UserError as error:
            if names or len(selected) == 1:
                raise
            print(f"{weights.model} is skipped: {error}", file=sys.stderr)
    if not predictors:
        raise UserError(
            "None of the trained weights can be used; restore weights/, or train a model and promote the run."
        )
    return predictors


@app.command()
def export(
    model: options.ModelArgument,
    output_path: Annotated[Path, typer.Option("--output", help="A new folder (saved_model) or file (onnx).")],
    format: Annotated[str, typer.Option(help="saved_model or onnx.")] = "saved_model",
    weights: options.WeightsOption = None,
) -> None:
    """Export a trained model to other software, with its card and vocabulary beside it (see docs/models.md)."""
    from genreclf.predict.export import export as write

    [selected] = options.select_weights([model], weights)
    if format == "saved_model" and not SPECS[model].is_baseline:
        options.import_tensorflow()
    write(selected, format, output_path)
    print(f"{model} written to {output_path}")
