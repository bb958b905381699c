"""Export a trained model to other software, as TensorFlow's SavedModel or as ONNX."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from genreclf.data.overviews import PIECES_FILE
from genreclf.errors import UserError
from genreclf.genres import EPSILON
from genreclf.models import get_spec
from genreclf.predict.predictor import MAX_LOGIT, Predictor
from genreclf.weights.folder import CARD, VOCABULARY, Weights

if TYPE_CHECKING:
    import keras

FORMATS = {"onnx": "onnx", "saved_model": "tf_saved_model"}  # by name, as Keras calls them


def export(weights: Weights, format: str, output: Path) -> None:
    """Export a Keras model with its weights, from its numeric inputs to uncalibrated probabilities.

    The inputs are float32 posters ``(n, height, width, 3)`` in 0..1; int32 token ids ``(n, tokens)``, whose words or
    pieces are in ``vocabulary.txt`` beside the export; for fusion both, named ``poster`` and ``overview``. Thresholds
    and calibration are in ``card.json`` beside it.

    Args:
        weights: the model's weights.
        format: one of ``FORMATS``.
        output: the file (ONNX) or folder (SavedModel) to write.

    Raises:
        UserError: the format is unknown, the model is a baseline, the output exists, or ONNX's converter is missing.
    """
    if format not in FORMATS:
        raise UserError(f"There is no format {format!r}; choose onnx or saved_model.")
    if get_spec(weights.model).is_baseline:
        raise UserError(f"{weights.model} is a baseline without a network; choose another model, such as cnn.")
    if output.exists():
        raise UserError(f"{output} exists already; name a new path.")
    import keras

    from genreclf.models.common import inline_constants

    predictor = Predictor(weights)
    model = _join(predictor) if predictor.parts else predictor.keras_model
    # any batch size, and any length of overviews
    signature = keras.tree.map_structure(
        lambda tensor: keras.InputSpec(dtype=tensor.dtype, shape=tensor.shape, name=tensor.name),
        [model.input] if predictor.parts else model.inputs,
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        with inline_constants():
            model.export(output, format=FORMATS[format], verbose=False, input_signature=signature)
    except ImportError:
        raise UserError("ONNX export needs tf2onnx and onnx; add them with: pip install -e '.[onnx]'.") from None
    files = {CARD: weights.folder / CARD, VOCABULARY: weights.folder / VOCABULARY}
    if predictor.spec.uses_overview and not files[VOCABULARY].is_file():
        files[VOCABULARY] = PIECES_FILE
    for name, source in files.items():
        if source.is_file():
            shutil.copyfile(source, output / name if output.is_dir() else output.with_name(f"{output.stem}.{name}"))


def _join(predictor: Predictor) -> "keras.Model":
    """Join a model of parts and its parts into one network, whose inputs are named after the parts."""
    import keras
    from keras import ops

    features, inputs = [], {}
    for name, part in predictor.parts.items():
        network, part_input = part.keras_model, part.keras_model.input
        # nested as one layer, since the parts' layers have the same names
        outputs = [network.output, network.get_layer("features").output]
        inputs[name] = keras.Input(part_input.shape[1:], dtype=part_input.dtype, name=name)
        probabilities, part_features = keras.Model(part_input, outputs, name=f"{name}_part")(inputs[name])
        calibration, probabilities = part.weights.calibration, ops.clip(probabilities, EPSILON, 1 - EPSILON)
        logits = calibration.scale * (ops.log(probabilities) - ops.log(1 - probabilities)) + calibration.shift
        features += [ops.clip(logits, -MAX_LOGIT, MAX_LOGIT), part_features]
    return keras.Model(inputs, predictor.keras_model(ops.concatenate(features, axis=-1)), name=predictor.spec.name)
