"""``genreclf predict``: one film, or a table of any length."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

import genreclf
from genreclf.cli import output
from genreclf.cli.options import JsonOption, ModelsOption, WeightsOption, import_backend, parse_models, select_weights
from genreclf.data.posters import poster_array
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import SPECS
from genreclf.predict.film import predict_film, read_poster
from genreclf.predict.table import predict_table
from genreclf.weights.folder import Weights


def predict(
    poster: Annotated[Path | None, typer.Option(help="Poster image: JPEG, PNG or WebP.")] = None,
    overview: Annotated[str | None, typer.Option(help="Plot summary of the film, in English.")] = None,
    models: ModelsOption = None,
    weights: WeightsOption = None,
    top: Annotated[int, typer.Option(min=1, max=len(GENRES), help="How many genres to list per model.")] = 3,
    json: JsonOption = False,
    input: Annotated[Path | None, typer.Option(help="Table of films: CSV or Parquet.")] = None,
    posters: Annotated[Path | None, typer.Option(help="With --input: folder of the posters, named <Id>.jpg.")] = None,
    output_path: Annotated[Path | None, typer.Option("--output", help="With --input: the table to write.")] = None,
) -> None:
    """Predict the genres of one film (--poster, --overview) or of a table of films (--input, --output)."""
    if (poster is not None or overview is not None) == (input is not None):
        raise UserError("Give either a film (--poster, --overview or both) or a table (--input and --output).")
    chosen = parse_models(models)
    if input is not None:
        if output_path is None:
            raise UserError("--input needs --output, the table to write (.csv or .parquet).")
        predictors = _load(select_weights(chosen, weights), chosen)
        with output.progress("Predicting", "films") as report:
            done, failed = predict_table(input, output_path, predictors, posters, top, report)
        print(f"{done:,} rows written to {output_path}, {failed:,} of them with a problem")
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
    pixels = None
    if poster is not None:
        if not poster.is_file():
            raise UserError(f"The poster {poster} does not exist; name a JPEG, PNG or WebP file.")
        try:
            pixels = partial(poster_array, read_poster(poster))
        except UserError as error:
            raise UserError(f"{poster}: {error}") from None
    usable = []
    for weights in select_weights(chosen, choice):
        spec = SPECS[weights.model]
        if spec.can_predict(poster is not None, overview is not None):
            usable.append(weights)
        elif chosen:
            raise UserError(f"The model {spec.name} needs the film's {spec.input}; add --{spec.input}.")
    if not usable:
        raise UserError("No trained model can use what was given; add --poster or --overview.")
    film = predict_film(_load(usable, chosen), pixels, overview)
    return {
        prediction.weights.model: [
            {"genre": item.genre, "probability": round(item.probability, 4), "chosen": item.chosen}
            for item in prediction.top(top)
        ]
        for prediction in film
    }


def _load(selected: list[Weights], chosen: list[str] | None) -> list[genreclf.Predictor]:
    """Load weights; damaged ones are skipped with a message, unless --models names their model."""
    import_backend(selected)
    predictors = []
    for weights in selected:
        try:
            predictors.append(genreclf.Predictor(weights))
        except UserError as error:
            if chosen or len(selected) == 1:
                raise
            print(f"{weights.model} is skipped: {error}", file=sys.stderr)
    if not predictors:
        raise UserError("None of the trained weights can be used; restore weights/, or train a model and promote it.")
    return predictors
