"""Options that commands share, and what they stand for."""

from pathlib import Path
from typing import Annotated

import typer

from genreclf.cli import output
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.sources import default_source
from genreclf.errors import UserError
from genreclf.models import SPECS, get_spec, list_models
from genreclf.weights.folder import Weights, find_weights

DataOption = Annotated[
    Path | None, typer.Option("--data", help="The data-set folder; GENRECLF_DATA or the embedded sample if not given.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
WeightsOption = Annotated[
    str | None, typer.Option("--weights", help="Which weights: imdb, sample, a weights folder, or a run's folder.")
]
ModelsOption = Annotated[str | None, typer.Option("--models", help="Models by name, separated by commas.")]


def load(data: Path | None) -> Catalogue:
    folder = data if data is not None else default_source().folder
    with output.progress("Checking posters", "posters") as report:
        return load_catalogue(folder, report)


def names_of(models: str | None) -> list[str] | None:
    if models is None:
        return None
    names = [name.strip() for name in models.split(",") if name.strip()]
    if not names:
        raise UserError(f"--models names no model; choose some of {', '.join(SPECS)}.")
    for name in names:
        get_spec(name)
    return names


def found_weights(chosen: list[str] | None, choice: str | None) -> list[Weights]:
    """The weights that shall answer a prediction or be exported."""
    found = []
    for name in chosen or list_models():
        weights = find_weights(name, "imdb", choice)
        if weights is not None:
            found.append(weights)
        elif chosen:
            raise UserError(f"There are no weights for {name}; train it ('train {name}') and promote the run.")
    if not found:
        raise UserError("There are no trained weights; train a model and promote the run, or restore weights/.")
    return found


def prepare_for(found: list[Weights]) -> None:
    """Import TensorFlow, quietly, where one of these models runs on it."""
    if any(not SPECS[weights.model].is_baseline for weights in found):
        output.import_tensorflow()
