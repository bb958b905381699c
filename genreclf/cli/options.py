"""Options that several commands share, and the data and weights that they select."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from genreclf.cli import output
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.corrections import unused_sentence
from genreclf.data.sources import default_source
from genreclf.errors import UserError
from genreclf.models import SPECS, find_spec, list_models
from genreclf.weights.folder import Weights, find_weights, known_words

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the data set (default: GENRECLF_DATA, or else the embedded sample)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
WeightsOption = Annotated[
    str | None, typer.Option("--weights", help="Weights to use: imdb, sample, a weights folder, or a run's folder.")
]
ModelsOption = Annotated[
    str | None,
    typer.Option(
        "--models", help="Models by name, such as poster or EfficientNet, separated by commas (default: all)."
    ),
]
ModelArgument = Annotated[
    str, typer.Argument(callback=lambda name: find_spec(name).name, help=f"One of {', '.join(SPECS)}.")
]
WeightsSetOption = Annotated[str, typer.Option("--set", help="Which weights: imdb, sample, or a data set's own.")]


def data_folder(folder: Path | None) -> Path:
    """The folder that ``--data`` names, or the default data set's."""
    return default_source().folder if folder is None else folder


def load_data(folder: Path | None) -> Catalogue:
    """Load the data set that ``--data`` names, with progress on stderr."""
    with output.progress("Checking posters", "posters") as report:
        catalogue = load_catalogue(data_folder(folder), report)
    if unused := unused_sentence(catalogue.corrections):
        print(unused, file=sys.stderr)
    return catalogue


def parse_models(models: str | None) -> list[str] | None:
    """The names in ``--models``, checked; None if the option is not given."""
    if models is None:
        return None
    names = list(dict.fromkeys(find_spec(name).name for name in models.split(",") if name.strip()))
    if not names:
        raise UserError(f"--models names no model; choose from {', '.join(SPECS)}.")
    return names


def select_weights(models: list[str] | None, choice: str | None, baselines: bool = False) -> list[Weights]:
    """Find the weights of some models (by name), or with None of all models that have any, and of the ``baselines``.

    ``choice`` is the value of ``--weights``.

    Raises:
        UserError: one of ``models`` has no weights, or no model has any.
    """
    by_model = {name: find_weights(name, "imdb", choice) for name in models or list_models(baselines)}
    if models and (missing := [name for name, weights in by_model.items() if weights is None]):
        raise UserError(f"There are no weights for {missing[0]}; train it ('train {missing[0]}') and promote the run.")
    selected = [weights for weights in by_model.values() if weights is not None]
    if not selected:
        raise UserError("There are no trained weights; train a model and promote the run, or restore weights/.")
    return selected


def vocabulary(choice: str | None) -> frozenset[str] | None:
    """The words known to the first model that has a vocabulary, for notes on an overview; None if none has one.

    Damaged weights are passed over: the models that are used report their own.
    """
    for model in SPECS:
        with suppress(UserError):
            found = find_weights(model, "imdb", choice)
            if found is not None and (words := known_words([found])) is not None:
                return words
    return None


def import_tensorflow() -> None:
    """Import TensorFlow without its start-up messages, which bypass Python."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with open(os.devnull, "wb") as devnull:
        os.dup2(devnull.fileno(), 2)
    try:
        import tensorflow as tf

        tf.config.list_physical_devices()  # its first search for a GPU warns if there is none
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
