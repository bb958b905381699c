"""Export a trained model to other software, as ONNX or as TensorFlow's SavedModel."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genreclf.data.overviews import PIECES_FILE
from genreclf.errors import UserError
from genreclf.files import atomic_folder, atomic_path, writing
from genreclf.genres import EPSILON
from genreclf.models import create_model, get_spec
from genreclf.models.network import GENRES, structure_of
from genreclf.predict.predictor import MAX_LOGIT, read_network, readable
from genreclf.weights.folder import CARD, VOCABULARY, Weights
from genreclf.weights.storage import read_arrays

if TYPE_CHECKING:
    import keras
    import onnx

FORMATS = ("onnx", "saved_model")


def export(weights: Weights, format: str, output: Path) -> None:
    """Export a network with its weights, from its numeric inputs to uncalibrated probabilities.

    The inputs are float32 posters ``(n, height, width, 3)`` in 0..1; int32 token ids ``(n, tokens)``, whose words or
    pieces are in ``vocabulary.txt`` beside the export; for fusion both, named ``poster`` and ``overview``. Thresholds
    and calibration are in ``card.json`` beside it. ``docs/models.md`` has code that predicts with an ONNX export.

    Args:
        weights: the model's weights.
        format: ``"onnx"``, a file for any ONNX tool; or ``"saved_model"``, a folder, which imports TensorFlow.
        output: the file or folder to write.

    Raises:
        UserError: the format is unknown, the model is a baseline, its weights are damaged, or the output exists.
    """
    if format not in FORMATS:
        raise UserError(f"There is no format {format!r}; choose {' or '.join(FORMATS)}.")
    spec = get_spec(weights.model)
    if spec.is_baseline:
        raise UserError(f"{weights.model} is a baseline without a network; choose another model, such as cnn.")
    if output.exists():
        raise UserError(f"{output} exists already; name a new path.")
    files = {CARD: weights.folder / CARD, VOCABULARY: weights.folder / VOCABULARY}
    if spec.uses_overview and not files[VOCABULARY].is_file():
        files[VOCABULARY] = PIECES_FILE
    with writing(output):
        if format == "onnx":
            model = onnx_model(weights)
            with atomic_path(output) as temporary:
                temporary.write_bytes(model.SerializeToString())
        else:
            with atomic_folder(output) as temporary:
                _save_model(weights, temporary)
        for name, source in files.items():
            if source.is_file():
                shutil.copyfile(source, output / name if output.is_dir() else output.with_name(f"{output.stem}.{name}"))


def onnx_model(weights: Weights) -> "onnx.ModelProto":
    """A network with its weights as an ONNX model, whose one output is ``genres``; fusion contains its parts.

    Raises:
        UserError: the weights are damaged.
    """
    from onnx import checker, compose, helper, numpy_helper

    model = _with_weights(weights, [GENRES])
    if not weights.parts():
        return model
    nodes: list[onnx.NodeProto] = []
    initializers: list[onnx.TensorProto] = []
    inputs: list[onnx.ValueInfoProto] = []
    rows: list[str] = []

    def node(operation: str, *given: str) -> str:
        name = f"join_{len(nodes)}"
        nodes.append(helper.make_node(operation, given, [name], name=name))
        return name

    def number(value: float) -> str:
        initializers.append(numpy_helper.from_array(np.array(value, np.float32), f"number_{len(initializers)}"))
        return initializers[-1].name

    for name, part in weights.parts().items():
        graph = compose.add_prefix_graph(
            _with_weights(part, [GENRES, "features"]).graph, f"{name}/", rename_inputs=False
        )
        nodes += graph.node
        initializers += graph.initializer
        inputs += graph.input
        p = node("Clip", f"{name}/{GENRES}", number(EPSILON), number(1 - EPSILON))
        log_odds = node("Sub", node("Log", p), node("Log", node("Sub", number(1.0), p)))
        scaled = node("Mul", log_odds, number(part.calibration.scale))
        calibrated = node("Add", scaled, number(part.calibration.shift))
        rows += [node("Clip", calibrated, number(-MAX_LOGIT), number(MAX_LOGIT)), f"{name}/features"]
    nodes.append(helper.make_node("Concat", rows, [model.graph.input[0].name], name="parts", axis=1))
    graph = helper.make_graph(
        [*nodes, *model.graph.node],
        weights.model,
        inputs,
        model.graph.output,
        [*initializers, *model.graph.initializer],
    )
    model.graph.CopyFrom(graph)
    checker.check_model(model)
    return model


def keras_model(weights: Weights) -> "keras.Model":
    """Build a trained model in Keras; imports Keras.

    Raises:
        UserError: the weights are damaged or of another model.
    """
    from genreclf.models.graph import datasets_of

    spec = get_spec(weights.model)
    model = create_model(spec.name, pretrained=False, **structure_of(spec, weights.card))
    datasets = datasets_of(model)
    with readable(weights):
        arrays = read_arrays(weights.file, {datasets[each.path]: tuple(each.shape) for each in model.weights})
    for each in model.weights:
        each.assign(arrays[datasets[each.path]])
    return model


def _with_weights(weights: Weights, outputs: list[str]) -> "onnx.ModelProto":
    """A graph with its weights, and only some of its outputs."""
    with readable(weights):
        graph, arrays = read_network(weights)
    model = graph.with_weights(arrays)
    kept = [each for each in model.graph.output if each.name in outputs]
    dropped = {each.name for each in model.graph.output} - set(outputs)
    nodes = [each for each in model.graph.node if not dropped & set(each.output)]
    del model.graph.output[:], model.graph.node[:]
    model.graph.output.extend(kept)
    model.graph.node.extend(nodes)
    return model


def _save_model(weights: Weights, folder: Path) -> None:
    import keras

    from genreclf.models.common import symbolic_constants

    parts = {name: (part, keras_model(part)) for name, part in weights.parts().items()}
    model = _join(keras_model(weights), parts) if parts else keras_model(weights)
    # any batch size, and any length of overviews
    signature = keras.tree.map_structure(
        lambda tensor: keras.InputSpec(dtype=tensor.dtype, shape=tensor.shape, name=tensor.name),
        [model.input] if parts else model.inputs,
    )
    # pretrained arrays are copied, because a SavedModel has no place for tensors outside its model
    with symbolic_constants(lambda _, tensor: keras.ops.convert_to_tensor(np.asarray(tensor))):
        model.export(folder, format="tf_saved_model", verbose=False, input_signature=signature)


def _join(fusion: "keras.Model", parts: "dict[str, tuple[Weights, keras.Model]]") -> "keras.Model":
    """Join a model of parts and its parts into one network, whose inputs are named after the parts."""
    import keras
    from keras import ops

    features, inputs = [], {}
    for name, (weights, network) in parts.items():
        # nested as one layer, since the parts' layers have the same names
        outputs = [network.output, network.get_layer("features").output]
        inputs[name] = keras.Input(network.input.shape[1:], dtype=network.input.dtype, name=name)
        probabilities, part_features = keras.Model(network.input, outputs, name=f"{name}_part")(inputs[name])
        calibration, probabilities = weights.calibration, ops.clip(probabilities, EPSILON, 1 - EPSILON)
        logits = calibration.scale * (ops.log(probabilities) - ops.log(1 - probabilities)) + calibration.shift
        features += [ops.clip(logits, -MAX_LOGIT, MAX_LOGIT), part_features]
    return keras.Model(inputs, fusion(ops.concatenate(features, axis=-1)), name="fusion")
