"""A trained network that ONNX Runtime runs: the graph of its architecture, and its weights.

The graphs of the shipped models are in ``weights/graphs``; ``python -m tools.make_graphs`` makes them from the Keras
models. For another structure (a model trained with another backbone or rank) Keras makes one when it is first needed.
"""

import hashlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from genreclf import paths
from genreclf.errors import UserError
from genreclf.files import atomic_path, read_bytes
from genreclf.genres import NUM_GENRES
from genreclf.models.options import default_options
from genreclf.models.registry import ModelSpec, create_model
from genreclf.pretrained import frozen_arrays
from genreclf.processes import environment, release_memory
from genreclf.public import is_public

if TYPE_CHECKING:
    import onnx

GENRES = "genres"  # the output with the probabilities
MAPS = "/maps"  # suffix of outputs that are the feature maps of which a layer takes the mean
FROZEN = "pretrained:"  # begins the description of an input that is an array of a pretrained network
OPERATIONS = frozenset((
    "Add", "Cast", "Clip", "Concat", "ConstantOfShape", "Conv", "CumSum", "Div", "Equal", "Erf", "Gather", "Gelu",
    "HardSigmoid", "HardSwish", "Identity", "LSTM", "LayerNormalization", "MatMul", "Max", "MaxPool", "Min", "Mul",
    "Neg", "Not", "Pad", "Reciprocal", "ReduceMean", "ReduceSum", "Relu", "Reshape", "Shape", "Sigmoid", "Slice",
    "Softmax", "Softplus", "Split", "Sqrt", "Squeeze", "Sub", "Tanh", "Transpose", "Unsqueeze",
))  # fmt: skip
_MAX_GRAPH, _MAX_NODES, _MAX_SIZE = 4_000_000, 20_000, 100_000_000  # bytes; nodes; numbers of one array


class WeightInput(NamedTuple):
    """An input of a graph that takes weights: its name, where they are stored, and their shape.

    ``source`` is a dataset of the model's file, or ``FROZEN`` and an array of a pretrained network.
    """

    name: str
    source: str
    shape: tuple[int, ...]

    @property
    def is_frozen(self) -> bool:
        """Whether it is an array of a pretrained network."""
        return self.source.startswith(FROZEN)


class Graph:
    """The graph of an architecture, without numbers.

    Attributes:
        proto: the ONNX model, whose first input takes films and whose others take weights.
        weights: the other inputs.
        outputs: the names of what it can return.

    Raises:
        ValueError: it is not a graph that genreclf makes.
    """

    def __init__(self, data: bytes):
        import onnx

        self.proto = onnx.ModelProto()
        try:
            self.proto.ParseFromString(data)
            onnx.checker.check_model(self.proto)
        except Exception as error:  # of several kinds, by protobuf and the checker
            raise ValueError("it is no valid ONNX model") from error
        graph = self.proto.graph
        _check(self.proto)
        self.weights = tuple(
            WeightInput(each.name, each.doc_string, tuple(size.dim_value for size in each.type.tensor_type.shape.dim))
            for each in graph.input[1:]
        )
        self.outputs = tuple(each.name for each in graph.output)
        if any(
            not each.source or 0 in each.shape or np.prod(each.shape, dtype=float) > _MAX_SIZE for each in self.weights
        ):
            raise ValueError("its inputs are no weights")

    def with_weights(self, arrays: Mapping[str, np.ndarray]) -> "onnx.ModelProto":
        """A copy that contains these weights, by name; its only input takes films."""
        import onnx

        proto = onnx.ModelProto()
        proto.CopyFrom(self.proto)
        del proto.graph.input[1:]
        proto.graph.initializer.extend(
            onnx.numpy_helper.from_array(arrays[each.name], each.name) for each in self.weights
        )
        return proto


class Network:
    """A network with its weights, from a batch of inputs to the outputs of some of its layers.

    Args:
        graph: of its architecture.
        arrays: the weights by the names of the graph's inputs; they are taken out, so that none is in memory twice.

    Raises:
        ValueError: the weights do not fit the graph.
    """

    def __init__(self, graph: Graph, arrays: dict[str, np.ndarray]):
        import onnx
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # no errors, which are raised
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # they keep the memory of the largest batch
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads would take a core
        if is_public():  # one visitor's answer takes one core
            options.intra_op_num_threads = 1
        proto, values = onnx.ModelProto(), []
        proto.CopyFrom(graph.proto)
        del proto.graph.input[1:]
        for each in graph.weights:  # handed over beside the graph, which saves a copy of all of them
            array = np.ascontiguousarray(arrays.pop(each.name))
            proto.graph.initializer.append(onnx.TensorProto(
                name=each.name, dims=array.shape, data_type=onnx.helper.np_dtype_to_tensor_dtype(array.dtype),
                data_location=onnx.TensorProto.EXTERNAL,
                external_data=[onnx.StringStringEntryProto(key="location", value="memory")],
            ))  # fmt: skip
            values.append(onnxruntime.OrtValue.ortvalue_from_numpy(array))
        options.add_external_initializers([each.name for each in graph.weights], values)
        try:
            self._session = onnxruntime.InferenceSession(
                proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's have no common class
            raise ValueError(str(error)) from error
        self._session._sess_options = None  # it would keep the weights a second time
        self._input = self._session.get_inputs()[0].name
        self._shapes = {each.name: each.shape for each in self._session.get_outputs()}
        self.name, self.outputs, self.weights = graph.proto.graph.name, graph.outputs, graph.weights
        self.parameters = sum(int(np.prod(each.shape)) for each in graph.weights if not each.is_frozen)
        del values, proto, options
        release_memory()

    def __call__(self, inputs: np.ndarray, outputs: Sequence[str] = (GENRES,)) -> list[np.ndarray]:
        """Run a batch of posters float32 ``(n, height, width, 3)``, ids int32 ``(n, length)`` or rows of features.

        Args:
            inputs: the batch.
            outputs: names of ``self.outputs``.

        Returns:
            One float32 array ``(n, …)`` per output.

        Raises:
            UserError: the graph is not of a network for such inputs, or memory is full.
        """
        if not len(inputs):  # an LSTM would end the process
            return [np.zeros([0, *self._shapes[name][1:]], np.float32) for name in outputs]
        try:
            return self._session.run(list(outputs), {self._input: inputs})
        except Exception as error:  # ONNX Runtime's have no common class
            reason = str(error).partition("\n")[0][:200]
            raise UserError(
                f"The network {self.name} cannot run ({reason}); restore weights/graphs from the project, and delete "
                "graphs in GENRECLF_HOME."
            ) from error


def structure_of(spec: ModelSpec, card: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the shapes of a model's weights, from the card of its weights: how many genres, and options."""
    trained_with = (card.get("settings") or {}).get("model_options") or {}
    defaults = default_options(spec.name)
    structure = {name: trained_with.get(name, defaults[name]) for name in spec.structure}
    return {"genres": len(card.get("genres") or ()) or NUM_GENRES, **structure}


def load_graph(spec: ModelSpec, structure: Mapping[str, Any]) -> Graph:
    """Read the graph of a model with these options of its builder (see ``structure_of``).

    Raises:
        UserError: the file is damaged, or Keras cannot make it.
    """
    defaults = {"genres": NUM_GENRES, **default_options(spec.name)}
    if all(value == defaults[name] for name, value in structure.items()):
        path = paths.GRAPHS / f"{spec.name}.onnx"
    else:
        options = "-".join(str(value) for name, value in structure.items() if (name, value) != ("genres", NUM_GENRES))
        path = paths.home() / "graphs" / f"{spec.name}-{options}-{_definition()}.onnx"
        if not path.is_file():
            data = _make_apart(spec, structure)
            with suppress(OSError), atomic_path(path) as temporary:  # else it is made again next time
                temporary.write_bytes(data)
            return Graph(data)
    try:
        return Graph(read_bytes(path, _MAX_GRAPH))
    except (OSError, ValueError) as error:
        remedy = "delete it" if path.is_relative_to(paths.home()) else "restore it from the project"
        raise UserError(f"The graph {path} cannot be used ({error}); {remedy}.") from error


def make_graph(spec: ModelSpec, structure: Mapping[str, Any]) -> bytes:
    """Make the graph of a model; imports Keras.

    The outputs are the probabilities, those of ``spec.layers``, of the layer ``features``, by which Fusion combines its
    parts, and the feature maps of which the model takes means.
    """
    from keras import layers

    from genreclf.models.graph import graph_of

    model = create_model(spec.name, pretrained=False, **structure)
    maps = {
        f"{layer.name}{MAPS}": layer.input for layer in model.layers if isinstance(layer, layers.GlobalAveragePooling2D)
    }
    names = spec.layers if spec.parts else ("features", *spec.layers)
    named = {layer.name: layer.output for layer in model.layers if layer.name in names}
    outputs = {GENRES: model.outputs[0]} | named | maps
    return graph_of(model, outputs).SerializeToString(deterministic=True)


def _make_apart(spec: ModelSpec, structure: Mapping[str, Any]) -> bytes:
    """Make a graph in a process of its own, so that the app never holds TensorFlow; at once where Keras is loaded."""
    if "keras" in sys.modules:
        return make_graph(spec, structure)
    code = (
        "import sys; from genreclf.models import get_spec; from genreclf.models.network import make_graph\n"
        f"sys.stdout.buffer.write(make_graph(get_spec({spec.name!r}), {dict(structure)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(), check=False)
    if done.returncode:
        *_, reason = ["it ended", *done.stderr.decode(errors="replace").split("\n")[:-1]]
        raise UserError(
            f"Keras cannot make the graph of {spec.name} with {dict(structure)} ({reason}); install it again."
        )
    return done.stdout


def frozen_weights(graph: Graph) -> dict[str, np.ndarray]:
    """The arrays of pretrained networks that a graph takes, by the names of its inputs.

    Raises:
        UserError: see ``genreclf.pretrained.load``.
    """
    names = [each.name for each in graph.weights if each.is_frozen]
    networks = {network: frozen_arrays(network) for network in sorted({name.partition("/")[0] for name in names})}
    return {name: networks[name.partition("/")[0]][name.partition("/")[2]] for name in names}


def runtime_version() -> str:
    """The runtime that answers, with its version."""
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}"


def _check(proto: "onnx.ModelProto") -> None:
    """Refuse what a graph of ours never has: other operations, subgraphs, data in other files."""
    import onnx

    graph = proto.graph
    if proto.functions or any(each.domain for each in proto.opset_import) or len(graph.node) > _MAX_NODES:
        raise ValueError("it has operations of its own")
    for node in graph.node:
        if node.domain or node.op_type not in OPERATIONS:
            raise ValueError(f"it has the operation {node.op_type}")
        if any(each.g.node or each.graphs for each in node.attribute):
            raise ValueError("it has graphs inside")
        counts = [each.i for each in node.attribute if each.name == "num_outputs"]
        if node.op_type == "Split" and (len(node.input), counts) != (1, [len(node.output)]):
            raise ValueError("it has a split of another number of outputs")  # ONNX Runtime would end the process
    stored = [*graph.initializer, *(each.t for node in graph.node for each in node.attribute)]
    if any(each.data_location == onnx.TensorProto.EXTERNAL or each.external_data for each in stored):
        raise ValueError("it refers to another file")
    if graph.sparse_initializer or not graph.input or not graph.output:
        raise ValueError("its inputs or outputs are not a model's")


@cache
def _definition() -> str:
    """A checksum of the models' source code, by which a stored graph is known to be out of date."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
