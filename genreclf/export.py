"""Hand a trained model to other software: TensorFlow's SavedModel, or ONNX."""

import shutil
from pathlib import Path

from genreclf.errors import UserError
from genreclf.models import get_spec
from genreclf.predict import Predictor
from genreclf.weights import VOCABULARY, Weights

FORMATS = ("onnx", "saved_model")


def export(weights: Weights, format: str, output: Path) -> None:
    """Write a Keras model with its weights, from its numeric inputs to its uncalibrated probabilities.

    The inputs are those of ``create_model``: posters float32 ``(n, 64, 64, 3)`` in 0..1, or token ids int32
    ``(n, words)`` whose words lie beside the export as ``vocabulary.txt``; thresholds and calibration stand in
    ``card.json`` beside it.

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

    model = Predictor(weights).keras_model
    # the batch size, and an overview's length, stay free
    signature = [keras.InputSpec(dtype=tensor.dtype, shape=tensor.shape, name=tensor.name) for tensor in model.inputs]
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        kind = "tf_saved_model" if format == "saved_model" else "onnx"
        model.export(output, format=kind, verbose=False, input_signature=signature)
    except ImportError:
        raise UserError("ONNX export needs tf2onnx and onnx; add them with: pip install -e '.[onnx]'.") from None
    beside = output if output.is_dir() else output.parent
    for name in ("card.json", VOCABULARY):
        if (weights.folder / name).is_file():
            shutil.copyfile(weights.folder / name, beside / (name if output.is_dir() else f"{output.stem}.{name}"))
