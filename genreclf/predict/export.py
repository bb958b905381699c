"""Hand a trained model to other software: TensorFlow's SavedModel, or ONNX."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from genreclf.data.overviews import PIECES_FILE
from genreclf.errors import UserError
from genreclf.genres import EPSILON
from genreclf.models import get_spec
from genreclf.predict.predictor import MAX_LOGIT, Predictor
from genreclf.weights.folder import VOCABULARY, Weights

if TYPE_CHECKING:
    import keras

FORMATS = ("onnx", "saved_model")


def export(weights: Weights, format: str, output: Path) -> None:
    """Write a Keras model with its weights, from its numeric inputs to its uncalibrated probabilities.

    The inputs are those of ``create_model``: posters float32 ``(n, height, width, 3)`` in 0..1, token ids int32
    ``(n, tokens)`` whose words or pieces lie beside the export as ``vocabulary.txt``, or for fusion both by
    name, ``poster`` and ``overview``; thresholds and calibration stand in ``card.json`` beside it.

    Raises:
        UserError: an unknown format, a baseline, an output that exists, or ONNX's converter is not installed.
    """
    if format not in FORMATS:
        raise UserError(f"There is no format {format!r}; choose onnx or saved_model.")
    if get_spec(weights.model).is_baseline:
        raise UserError(f"{weights.model} is a baseline without a network; export a Keras model.")
    if output.exists():
        raise UserError(f"{output} exists already; name a new path.")
    import keras

    from genreclf.models.constants import inline_constants

    predictor = Predictor(weights)
    model = _joined(predictor) if predictor.parts else predictor.keras_model
    # the batch size, and an overview's length, stay free
    signature = keras.tree.map_structure(
        lambda tensor: keras.InputSpec(dtype=tensor.dtype, shape=tensor.shape, name=tensor.name),
        [model.input] if predictor.parts else model.inputs,
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        kind = "tf_saved_model" if format == "saved_model" else "onnx"
        with inline_constants():
            model.export(output, format=kind, verbose=False, input_signature=signature)
    except ImportError:
        raise UserError("ONNX export needs tf2onnx and onnx; add them with: pip install -e '.[onnx]'.") from None
    beside = output if output.is_dir() else output.parent
    held = {"card.json": weights.folder / "card.json", VOCABULARY: weights.folder / VOCABULARY}
    if get_spec(weights.model).uses_overview and not held[VOCABULARY].is_file():
        held[VOCABULARY] = PIECES_FILE
    for name, source in held.items():
        if source.is_file():
            shutil.copyfile(source, beside / (name if output.is_dir() else f"{output.stem}.{name}"))


def _joined(predictor: Predictor) -> "keras.Model":
    """A model of parts from their inputs, by the parts' names, to its probabilities: one network."""
    import keras
    from keras import ops

    rows, inputs = [], {}
    for name, part in predictor.parts.items():
        network, given = part.keras_model, part.keras_model.input
        # as a layer of its own: the parts' layers share names
        ask = keras.Model(given, [network.output, network.get_layer("features").output], name=f"{name}_part")
        inputs[name] = keras.Input(given.shape[1:], dtype=given.dtype, name=name)
        probabilities, features = ask(inputs[name])
        probabilities = ops.clip(probabilities, EPSILON, 1 - EPSILON)
        calibration = part.weights.calibration
        logits = calibration.scale * (ops.log(probabilities) - ops.log(1 - probabilities)) + calibration.shift
        rows.append(ops.clip(logits, -MAX_LOGIT, MAX_LOGIT))
        rows.append(features)
    return keras.Model(inputs, predictor.keras_model(ops.concatenate(rows, axis=-1)), name=predictor.spec.name)
