"""The graphs of all models: up to date, equal to Keras, and nothing but graphs of ours."""

import subprocess
import sys

import keras
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from genreclf import paths
from genreclf.errors import UserError
from genreclf.models import create_model, get_spec, list_models
from genreclf.models import network as module
from genreclf.models.graph import datasets_of
from genreclf.models.network import GENRES, Graph, Network, frozen_weights, load_graph, make_graph, structure_of
from genreclf.processes import environment

RNG = np.random.default_rng(0)
TOLERANCE = 1e-5


def randomised(name: str, **options) -> keras.Model:
    """A model whose outputs depend on every layer, so that none can be wrong unnoticed."""
    keras.utils.set_random_seed(7)
    model = create_model(name, pretrained=False, **options)
    for variable in model.weights:
        starts_at_zero = variable.path.endswith(("bias", "beta", "mean", "queries", "up"))
        if starts_at_zero or variable.path.rpartition("/")[0] in ("genres", "trained", "frozen", "together"):
            variable.assign(RNG.normal(size=variable.shape) * 0.05)
        elif variable.path.endswith(("gamma", "variance")):
            variable.assign(RNG.uniform(0.5, 1.5, variable.shape))
    return model


def network_of(model: keras.Model, name: str, **options) -> Network:
    graph = load_graph(get_spec(name), structure_of(get_spec(name), {"settings": {"model_options": options}}))
    datasets = datasets_of(model)  # Keras numbers the layers of its applications anew in each process
    arrays = {datasets[variable.path]: np.array(variable) for variable in model.weights}
    own = {each.name: arrays[each.source] for each in graph.weights if not each.is_frozen}
    assert len(own) == len(arrays), "a weight has no effect on the graph"
    return Network(graph, own | frozen_weights(graph))


def batch(name: str, films: int = 5) -> np.ndarray:
    """Posters, rows of parts, or texts of several lengths, padded as in a batch."""
    spec = get_spec(name)
    if spec.parts:
        return RNG.normal(size=(films, 3370)).astype(np.float32)
    if spec.uses_poster:
        return RNG.random((films if spec.poster_size[0] == 64 else 2, *spec.poster_size, 3), np.float32)
    ids = RNG.integers(1, 9000, (films, 40)).astype(np.int32)
    for row, length in enumerate((40, 3, 1, 17, 25)):
        ids[row, length:] = 0
    return ids


@pytest.mark.slow
@pytest.mark.parametrize("name", list_models())
def test_a_network_equals_keras(name):
    model = randomised(name)
    network, inputs = network_of(model, name), batch(name)
    expected = np.array(model(inputs))
    outputs = network(inputs, (GENRES, *get_spec(name).layers))
    assert np.abs(outputs[0] - expected).max() < TOLERANCE
    assert expected.std() > 1e-3, "all outputs alike would prove nothing"
    for layer, found in zip(get_spec(name).layers, outputs[1:], strict=True):
        values = np.array(keras.Model(model.inputs[0], model.get_layer(layer).output)(inputs))
        assert np.allclose(found, values, rtol=1e-3, atol=1e-4 * np.abs(values).max()), layer
    (one,) = network(inputs[:1])
    assert np.abs(one[0] - expected[0]).max() < TOLERANCE
    assert network(inputs[:0])[0].shape == (0, 25)


@pytest.mark.parametrize("name", list_models())
def test_padding_changes_no_prediction(name):
    if not get_spec(name).tokens:
        pytest.skip("only overviews are padded")
    network, ids = network_of(randomised(name), name), batch(name)
    (together,) = network(ids)
    for row, text in enumerate(ids):
        (alone,) = network(text[None, : np.count_nonzero(text)])
        assert np.abs(alone[0] - together[row]).max() < TOLERANCE


@pytest.mark.parametrize("name", list_models())
def test_the_shipped_graphs_are_those_of_the_models(name):
    """Otherwise: python -m tools.make_graphs."""
    spec = get_spec(name)
    assert make_graph(spec, structure_of(spec, {})) == (paths.GRAPHS / f"{name}.onnx").read_bytes()


@pytest.mark.slow
def test_another_structure_gets_a_graph_of_its_own(home):
    model = randomised("overview", rank=3)
    network, inputs = network_of(model, "overview", rank=3), batch("overview")
    assert np.abs(network(inputs)[0] - np.array(model(inputs))).max() < TOLERANCE
    (stored,) = (home / "graphs").iterdir()
    assert "overview-3-" in stored.name
    stored.write_bytes(b"not a graph")
    with pytest.raises(UserError, match="delete it"):
        load_graph(get_spec("overview"), {"rank": 3})


def test_a_graph_that_cannot_be_stored_is_used(home):
    home.mkdir(exist_ok=True)
    (home / "graphs").write_text("a file in the way")
    assert load_graph(get_spec("overview"), {"rank": 3}).weights


@pytest.mark.slow
def test_keras_makes_a_graph_in_a_process_of_its_own(home):
    """The app would keep half a gigabyte of TensorFlow."""
    code = (
        "import sys; from genreclf.models import get_spec; from genreclf.models.network import load_graph\n"
        "load_graph(get_spec('overview'), {'rank': 3}); print('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=False)
    assert (done.stdout, done.returncode) == ("False\n", 0), done.stderr
    (stored,) = (home / "graphs").iterdir()
    assert stored.read_bytes() == make_graph(get_spec("overview"), {"rank": 3})


def test_a_graph_that_keras_cannot_make_is_reported(home, monkeypatch):
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UserError, match="cannot make the graph of overview"):
        load_graph(get_spec("overview"), {"rank": 3})
    assert not (home / "graphs").exists()


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["MobileNetV3Small", "EfficientNetV2B0", "ConvNeXtTiny"])
def test_networks_of_keras_applications_have_graphs(home, backbone):
    model = randomised("poster", backbone=backbone)
    network, inputs = network_of(model, "poster", backbone=backbone), batch("poster", 1)[:1]
    assert np.abs(network(inputs)[0] - np.array(model(inputs))).max() < TOLERANCE


def test_anyone_can_run_a_graph_with_the_weights_as_inputs():
    import onnxruntime

    model, inputs = randomised("cnn"), batch("cnn")
    session = onnxruntime.InferenceSession(paths.GRAPHS / "cnn.onnx")
    weights = {variable.path: np.array(variable) for variable in model.weights}
    (found,) = session.run([GENRES], {"poster": inputs} | weights)
    assert np.abs(found - np.array(model(inputs))).max() < TOLERANCE


# Graphs that are none of ours


def graph_with(**changes) -> bytes:
    """The CNN's graph with something else in it."""
    proto = onnx.ModelProto()
    proto.ParseFromString((paths.GRAPHS / "cnn.onnx").read_bytes())
    for name, change in changes.items():
        change(getattr(proto, name))
    return proto.SerializeToString()


def replace_first(graph: onnx.GraphProto, operation: str, domain: str = "", **attributes) -> None:
    node = next(each for each in graph.node if each.op_type == "Relu")
    node.CopyFrom(helper.make_node(operation, node.input, node.output, domain=domain, **attributes))


def external(graph: onnx.GraphProto) -> None:
    tensor = graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def huge(graph: onnx.GraphProto) -> None:
    graph.input[1].type.tensor_type.shape.dim[0].dim_value = 10**12


def branch(graph: onnx.GraphProto) -> None:
    inner = helper.make_graph([], "inner", [], [])
    replace_first(graph, "Relu")
    graph.node[0].attribute.append(helper.make_attribute("body", inner))


def split_unevenly(graph: onnx.GraphProto) -> None:
    """ONNX Runtime ends the process at a split that announces fewer outputs than it has."""
    replace_first(graph, "Split", num_outputs=1)
    next(each for each in graph.node if each.op_type == "Split").output.append("second")


HOSTILE = {
    "another operation": {"graph": lambda graph: replace_first(graph, "Exp")},
    "a loop": {"graph": lambda graph: replace_first(graph, "Loop")},
    "operations of its own": {"graph": lambda graph: replace_first(graph, "Relu", "evil"),
                              "opset_import": lambda each: each.add(domain="evil", version=1)},
    "data of another file": {"graph": external},
    "a huge input": {"graph": huge},
    "a graph inside": {"graph": branch},
    "a split of another number of outputs": {"graph": split_unevenly},
    "no input": {"graph": lambda graph: graph.ClearField("input")},
    "an input that is no weight": {"graph": lambda graph: graph.input[1].ClearField("doc_string")},
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_graph_is_refused(kind):
    with pytest.raises(ValueError, match=r"^(it|its) "):
        Graph(graph_with(**HOSTILE[kind]))


@pytest.mark.parametrize("content", [b"", b"\x08", b"<html>", bytes(range(256)) * 10])
def test_what_is_no_graph_is_refused_in_a_sentence(content, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "GRAPHS", tmp_path)
    (tmp_path / "cnn.onnx").write_bytes(content)
    with pytest.raises(UserError, match="restore it from the project"):
        load_graph(get_spec("cnn"), {})
    (tmp_path / "cnn.onnx").unlink()
    with pytest.raises(UserError, match="restore it from the project"):
        load_graph(get_spec("cnn"), {})


def test_weights_that_do_not_fit_are_refused():
    graph = load_graph(get_spec("cnn-small"), {})
    arrays = {each.name: np.zeros(each.shape, np.float32) for each in graph.weights}
    arrays["cnn-small/dense/kernel"] = np.zeros((3, 3), np.float32)
    with pytest.raises(ValueError, match="MatMul"):
        Network(graph, arrays)


@pytest.mark.parametrize("output", [GENRES, "dense"])
def test_a_graph_that_loads_but_cannot_run_is_reported(output):
    """Only a batch shows that sizes do not fit, or that an output is missing."""
    proto = onnx.ModelProto()
    proto.ParseFromString((paths.GRAPHS / "cnn-small.onnx").read_bytes())
    if output == GENRES:
        sizes = next(each for each in proto.graph.initializer if list(each.dims) == [2])
        sizes.CopyFrom(numpy_helper.from_array(np.array([3, 12544]), sizes.name))
    else:
        proto.graph.output.pop()
    graph = Graph(proto.SerializeToString())
    network = Network(graph, {each.name: np.zeros(each.shape, np.float32) for each in graph.weights})
    with pytest.raises(UserError, match="cannot run"):
        network(batch("cnn-small"), (output,))


def test_every_operation_that_is_written_may_be_read():
    specs = map(get_spec, list_models())
    graphs = (load_graph(spec, structure_of(spec, {})).proto.graph for spec in specs)
    assert {node.op_type for graph in graphs for node in graph.node} <= module.OPERATIONS
