"""``genreclf predict``: one film, or a table of any length."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

import genreclf
from genreclf.cli import output
from genreclf.cli.options import JsonOption, ModelsOption, WeightsOption, found_weights, names_of, prepare_for
from genreclf.data.posters import poster_array
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import SPECS
from genreclf.predict.film import predict_film, read_poster
from genreclf.predict.table import predict_table
from genreclf.weights.folder import Weights


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
    chosen = names_of(models)
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


def _predict_film(
    poster: Path | None, overview: str | None, chosen: list[str] | None, choice: str | None, top: int
) -> dict[str, list[dict[str, Any]]]:
    if overview is not None and not overview.strip():
        raise UserError("The overview is empty; give at least a few words.")
    image = None
    if poster is not None:
        if not poster.is_file():
            raise UserError(f"The poster {poster} does not exist; name a JPEG, PNG or WebP file.")
        try:
            image = read_poster(poster)
        except UserError as error:
            raise UserError(f"{poster}: {error}") from None
    given = [
        weights
        for weights in found_weights(chosen, choice)
        if SPECS[weights.model].can_answer(poster is not None, overview is not None)
    ]
    for name in chosen or []:
        if name not in [weights.model for weights in given]:
            raise UserError(f"The model {name} needs the film's {SPECS[name].input}; add --{SPECS[name].input}.")
    if not given:
        raise UserError("No trained model can answer with what was given; add --poster or --overview.")
    prepare_for(given)
    answers = predict_film(_load(given, chosen), image and partial(poster_array, image), overview)
    return {
        answer.weights.model: [
            {"genre": item.genre, "probability": round(item.probability, 4), "chosen": item.chosen}
            for item in answer.top(top)
        ]
        for answer in answers
    }


def _load(given: list[Weights], chosen: list[str] | None) -> list[genreclf.Predictor]:
    """Load weights; where nobody asked for a model by name, damaged ones are told and left out."""
    loaded = []
    for weights in given:
        try:
            loaded.append(genreclf.Predictor(weights))
        except UserError as error:
            if chosen or len(given) == 1:
                raise
            print(f"{weights.model} is left out: {error}", file=sys.stderr)
    if not loaded:
        raise UserError("None of the trained weights can be used; restore weights/, or train a model and promote it.")
    return loaded


def _predict_table(
    source: Path, destination: Path, posters: Path | None, chosen: list[str] | None, choice: str | None, top: int
) -> None:
    found = found_weights(chosen, choice)
    prepare_for(found)
    predictors = _load(found, chosen)
    with output.progress("Predicting", "films") as report:
        done, failed = predict_table(source, destination, predictors, posters, top, report)
    print(f"{done:,} rows written to {destination}, {failed:,} of them with a problem")
