"""A Keras model as an ONNX graph, so that ONNX Runtime can run it where Keras is not imported.

The graph contains no learned numbers. Every weight is an input of its own, named after Keras's variable
(``conv_1/kernel``), whose description says where ``save_weights`` puts it; frozen pretrained arrays are inputs too. One
graph therefore serves all weights of an architecture, and any ONNX tool can open it.

A model is traced symbolically: each layer's ``call`` is applied to symbolic tensors, and each operation of
``keras.ops`` that it uses is translated to one or a few of ONNX's (``_Rules``). Layers need a rule of their own only
where Keras has no such operation (LSTM) or does nothing in a prediction (dropout).
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import onnx
from keras import KerasTensor, layers, tree
from onnx import TensorProto, helper, numpy_helper

from genreclf.models.common import symbolic_constants
from genreclf.models.network import FROZEN

OPSET = 20
IR_VERSION = 9
_BATCH, _LENGTH = 7919, 104729  # stand for the unknown numbers of films and tokens while a layer is traced
_MAX_CONSTANT = 4096  # numbers; a larger constant would be a weight


def graph_of(model: keras.Model, outputs: Mapping[str, KerasTensor]) -> onnx.ModelProto:
    """Make the graph of a functional or sequential model.

    Args:
        model: its numbers do not matter.
        outputs: the outputs by name, all of them symbolic tensors of the model.

    Raises:
        NotImplementedError: the model has a layer or an operation that has no rule here.
    """
    trace = _Trace()
    (tensor,) = model.inputs
    trace.add_input(tensor.name, tensor, _sizes(tensor))
    datasets = datasets_of(model)
    with trace.placeholders(model):
        names = trace.names_of(list(outputs.values()))
    for (name, output), value in zip(outputs.items(), names, strict=True):
        trace.add_output(name, value, _sizes(output))
    return trace.finish(model.name, datasets)


def datasets_of(model: keras.Model) -> dict[str, str]:
    """The dataset of each variable in a file of weights, by the variable's path."""
    saved, found = [np.array(variable) for variable in model.weights], dict[str, str]()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.weights.h5"
        try:
            for number, variable in enumerate(model.weights):
                variable.assign(np.full(variable.shape, number))
            model.save_weights(file)
        finally:
            for variable, value in zip(model.weights, saved, strict=True):
                variable.assign(value)

        def note(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset) and not name.startswith("optimizer/"):
                found[model.weights[int(np.ravel(item[()])[0])].path] = name

        with h5py.File(file) as stored:
            stored.visititems(note)
    return found


class _Trace:
    """A graph that is being made; values are named by strings."""

    def __init__(self):
        self.lengths = ""  # the number of tokens of each film, for an LSTM that masks the padding
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._names: dict[int, str] = {}  # of symbolic tensors, by identity
        self._alive: list[Any] = []  # symbolic tensors whose identity must not be given to another one
        self._weights: dict[int, tuple[Any, str]] = {}  # placeholders: their variable or description, and its name
        self._channels_first: dict[str, str] = {}  # values with channels last: the same with channels first
        self._rules = _Rules(self)

    def node(self, operation: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; returns the name of its output, or of its outputs if there are several."""
        names = [f"{operation}_{len(self._nodes)}_{index}" if outputs > 1 else f"{operation}_{len(self._nodes)}"
                 for index in range(outputs)]  # fmt: skip
        self._nodes.append(helper.make_node(operation, inputs, names, name=names[0], **attributes))
        return names if outputs > 1 else names[0]

    def constant(self, values: Any, dtype: Any) -> str:
        """Add a small constant."""
        array = np.asarray(values, dtype)
        if array.size > _MAX_CONSTANT:
            raise NotImplementedError(f"a constant of {array.size:,} numbers in a graph; name it as a weight")
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def ints(self, *values: int) -> str:
        """Add a list of whole numbers, as shapes and axes are given."""
        return self.constant(values, np.int64)

    def channels_first(self, value: str) -> str:
        """A value ``(n, h, w, c)`` as ``(n, c, h, w)``."""
        if value not in self._channels_first:
            self._channels_first[value] = self.node("Transpose", [value], perm=(0, 3, 1, 2))
        return self._channels_first[value]

    def channels_last(self, value: str) -> str:
        """A value ``(n, c, h, w)`` as ``(n, h, w, c)``."""
        back = self.node("Transpose", [value], perm=(0, 2, 3, 1))
        self._channels_first[back] = value
        return back

    def add_input(self, name: str, tensor: KerasTensor, shape: Sequence[int | str], description: str = "") -> None:
        info = helper.make_tensor_value_info(name, _onnx_type(tensor.dtype), shape)
        info.doc_string = description
        self._inputs.append(info)
        self._names[id(tensor)] = name
        self._alive.append(tensor)

    def add_output(self, name: str, value: str, shape: Sequence[int | str]) -> None:
        self._nodes.append(helper.make_node("Identity", [value], [name], name=name))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    @contextmanager
    def placeholders(self, model: keras.Model) -> Iterator[None]:
        """Put a symbolic tensor in the place of each variable of each layer, and of each pretrained array."""
        restore = []
        by_variable: dict[int, KerasTensor] = {}

        def placeholder(variable: keras.Variable) -> KerasTensor:
            if id(variable) not in by_variable:
                tensor = by_variable[id(variable)] = KerasTensor(variable.shape, variable.dtype)
                self._weights[id(tensor)] = (tensor, variable.path)
            return by_variable[id(variable)]

        def frozen(name: str, array: Any) -> KerasTensor:
            tensor = KerasTensor(array.shape, keras.backend.standardize_dtype(array.dtype))
            self._weights[id(tensor)] = (tensor, FROZEN + name)
            return tensor

        own = {id(variable) for variable in model.weights}
        try:
            for layer in model._flatten_layers():
                if _is_rnn(layer):  # its rule takes the variables themselves
                    continue
                for key, value in list(vars(layer).items()):
                    if isinstance(value, keras.Variable) and id(value) in own:
                        restore.append((vars(layer), key, value))
                        vars(layer)[key] = placeholder(value)
                    elif (
                        isinstance(value, dict) and value and all(isinstance(v, keras.Variable) for v in value.values())
                    ):
                        restore.append((vars(layer), key, value))
                        vars(layer)[key] = {name: placeholder(variable) for name, variable in value.items()}
            self.placeholder = placeholder
            with symbolic_constants(frozen):
                yield
        finally:
            for holder, key, value in restore:
                holder[key] = value

    def weight(self, variable: keras.Variable) -> str:
        """The name of a variable's input."""
        return self.names_of([self.placeholder(variable)])[0]

    def names_of(self, tensors: Sequence[KerasTensor]) -> list[str]:
        """Add the nodes that compute these symbolic tensors, and return the names of the values."""
        stack = list(tensors)
        while stack:  # not recursive: a network is deeper than Python's stack
            tensor = stack[-1]
            if id(tensor) in self._names:
                stack.pop()
            elif id(tensor) in self._weights:
                _, path = self._weights[id(tensor)]
                self.add_input(path.removeprefix(FROZEN), tensor, tensor.shape, path)
                stack.pop()
            else:
                operation, index, _ = tensor._keras_history
                node = operation._inbound_nodes[index]
                missing = [each for each in _tensors(node.arguments) if id(each) not in self._names]
                if missing:
                    stack += missing
                    continue
                self._apply(operation, node)
                stack.pop()
        return [self._names[id(tensor)] for tensor in tensors]

    def _apply(self, operation: Any, node: Any) -> None:
        arguments = node.arguments
        rule = self._rules.find(operation)
        if rule is not None:
            values = rule(operation, *arguments.args, **arguments.kwargs)
        elif isinstance(operation, layers.Layer):
            values = self._expand(operation, arguments)
        else:
            raise NotImplementedError(f"no rule for the operation {type(operation).__name__}")
        values = [values] if isinstance(values, str) else values
        for tensor, value in zip(node.outputs, values, strict=True):
            self._names[id(tensor)] = value
            self._alive.append(tensor)

    def _expand(self, layer: layers.Layer, arguments: Any) -> list[str]:
        """Apply a layer's ``call`` to symbolic tensors of definite shapes."""

        def stand_in(value: Any) -> Any:
            if not isinstance(value, KerasTensor):
                return value
            unknown = iter((_BATCH, _LENGTH))
            shape = [next(unknown) if size is None else size for size in value.shape]
            tensor = KerasTensor(shape, value.dtype)
            self._names[id(tensor)] = self._names[id(value)]
            self._alive.append(tensor)
            return tensor

        args, kwargs = tree.map_structure(stand_in, (arguments.args, dict(arguments.kwargs)))
        kwargs.pop("mask", None)
        if "training" in kwargs:
            kwargs["training"] = False
        return self.names_of(tree.flatten(layer.call(*args, **kwargs)))

    def value(self, argument: Any, like: Any = None) -> str:
        """The name of an operation's argument: a symbolic tensor, or a number of the type of another argument."""
        if isinstance(argument, KerasTensor):
            return self._names[id(argument)]
        dtype = np.dtype(like.dtype) if isinstance(like, KerasTensor) else np.float32
        return self.constant(keras.ops.convert_to_numpy(argument), dtype)

    def finish(self, name: str, datasets: Mapping[str, str]) -> onnx.ModelProto:
        """The graph, its weights described by their datasets."""
        for info in self._inputs:
            info.doc_string = datasets.get(info.doc_string, info.doc_string)
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, self._constants)
        model = helper.make_model(
            graph, producer_name="genreclf", ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]
        )
        onnx.checker.check_model(model)
        return model


class _Rules:
    """How each operation of Keras is written in ONNX: methods named after the operations' classes."""

    def __init__(self, trace: _Trace):
        self._trace = trace
        self._simple = {
            "Relu": "Relu", "Sigmoid": "Sigmoid", "Erf": "Erf", "Softplus": "Softplus", "Sqrt": "Sqrt", "Tanh": "Tanh",
        }  # fmt: skip
        self._binary = {"Add": "Add", "Subtract": "Sub", "Multiply": "Mul", "Divide": "Div", "TrueDivide": "Div",
                        "Maximum": "Max", "Minimum": "Min", "Matmul": "MatMul"}  # fmt: skip

    def find(self, operation: Any) -> Callable[..., str | list[str]] | None:
        kind = type(operation).__name__
        if isinstance(operation, layers.Activation):
            name = operation.activation.__name__.replace("_", "")
            return getattr(self, f"_{name}", None)
        if isinstance(operation, layers.Layer):
            grouped = getattr(operation, "groups", 1) > 1  # symbolic convolutions of Keras have no groups
            return self._grouped_conv if grouped else getattr(self, f"_layer_{kind.lower()}", None)
        if kind in self._simple:
            return lambda _, x: self._trace.node(self._simple[kind], [self._trace.value(x)])
        if kind in self._binary:
            return lambda _, a, b: self._trace.node(
                self._binary[kind], [self._trace.value(a, like=b), self._trace.value(b, like=a)]
            )
        return getattr(self, f"_{kind.lower()}", None)

    # Layers that do nothing, or more than Keras's operations can say.

    def _layer_dropout(self, layer, x, **_):
        return self._trace.value(x)

    _layer_stochasticdepth = _layer_dropout

    def _layer_rescaling(self, layer, x):
        node, value = self._trace.node, self._trace.value
        return node("Add", [node("Mul", [value(x), value(layer.scale)]), value(layer.offset)])

    def _layer_normalization(self, layer, x):
        node, value = self._trace.node, self._trace.value
        spread = np.maximum(np.sqrt(keras.ops.convert_to_numpy(layer.variance)), keras.config.epsilon())
        return node("Div", [node("Sub", [value(x), value(layer.mean)]), value(spread)])

    def _layer_embedding(self, layer, x):
        trace, ids = self._trace, self._trace.value(x)
        if layer.mask_zero:
            zero = trace.constant(0, np.int32)
            is_token = trace.node("Cast", [trace.node("Equal", [ids, zero])], to=TensorProto.INT32)
            is_token = trace.node("Sub", [trace.constant(1, np.int32), is_token])
            trace.lengths = trace.node("ReduceSum", [is_token, trace.ints(1)], keepdims=0)
        return trace.node("Gather", [trace.names_of([layer._embeddings])[0], ids], axis=0)

    def _layer_bidirectional(self, layer, x, **_):
        return self._lstm([layer.forward_layer, layer.backward_layer], x)

    def _layer_lstm(self, layer, x, **_):
        return self._lstm([layer], x)

    def _lstm(self, directions: list[layers.LSTM], x) -> str:
        trace, node = self._trace, self._trace.node

        def stacked(arrays: Iterable[str]) -> str:
            return node("Concat", [node("Unsqueeze", [array, trace.ints(0)]) for array in arrays], axis=0)

        def gates(
            array: str, axis: int
        ) -> str:  # Keras: input, forget, cell, output; ONNX: input, output, forget, cell
            first, forget, cell, output = node("Split", [array], outputs=4, axis=axis, num_outputs=4)
            return node("Concat", [first, output, forget, cell], axis=axis)

        def matrix(variable: keras.Variable) -> str:
            return node("Transpose", [gates(trace.weight(variable), 1)], perm=(1, 0))

        cells, units = [layer.cell for layer in directions], directions[0].units
        biases = [gates(trace.weight(cell.bias), 0) for cell in cells]
        no_bias = trace.constant(np.zeros(4 * units), np.float32)
        inputs = [
            node("Transpose", [trace.value(x)], perm=(1, 0, 2)),
            stacked(matrix(cell.kernel) for cell in cells),
            stacked(matrix(cell.recurrent_kernel) for cell in cells),
            stacked(node("Concat", [bias, no_bias], axis=0) for bias in biases),
            trace.lengths,
        ]
        direction = "bidirectional" if len(directions) > 1 else "forward"
        sequence, last, _ = node("LSTM", inputs, outputs=3, hidden_size=units, direction=direction)
        width = units * len(directions)
        if directions[0].return_sequences:  # (tokens, directions, films, units)
            return node("Reshape", [node("Transpose", [sequence], perm=(2, 0, 1, 3)), trace.ints(0, 0, width)])
        return node("Reshape", [node("Transpose", [last], perm=(1, 0, 2)), trace.ints(0, width)])

    # Operations.

    def _conv(self, operation, x, kernel):
        kernel = self._trace.node("Transpose", [self._trace.value(kernel)], perm=(3, 2, 0, 1))
        return self._convolve(operation, x, kernel, 1)

    def _depthwiseconv(self, operation, x, kernel):
        weights = self._trace.node("Transpose", [self._trace.value(kernel)], perm=(2, 3, 0, 1))
        return self._convolve(operation, x, weights, kernel.shape[2])

    def _grouped_conv(self, layer, x):
        trace = self._trace
        kernel = trace.node("Transpose", trace.names_of([layer._kernel]), perm=(3, 2, 0, 1))
        value = self._convolve(layer, x, kernel, layer.groups)
        return trace.node("Add", [value, *trace.names_of([layer.bias])]) if layer.use_bias else value

    def _convolve(self, operation, x, weights: str, groups: int) -> str:
        trace = self._trace
        return trace.channels_last(trace.node(
            "Conv", [trace.channels_first(trace.value(x)), weights], group=groups, strides=_pair(operation.strides),
            dilations=_pair(operation.dilation_rate), auto_pad=_padding(operation),
        ))  # fmt: skip

    def _maxpool(self, operation, x):
        trace = self._trace
        size = _pair(operation.pool_size)
        strides = _pair(operation.strides or operation.pool_size)
        pooled = trace.node("MaxPool", [trace.channels_first(trace.value(x))], kernel_shape=size, strides=strides,
                            auto_pad=_padding(operation))  # fmt: skip
        return trace.channels_last(pooled)

    def _converttotensor(self, _, x, **options):
        return self._trace.value(x)

    def _relu6(self, _, x):
        node, value = self._trace.node, self._trace.value
        return node("Clip", [value(x), value(0.0), value(6.0)])

    def _relu(self, operation, x):
        return (
            self._relu6(operation, x)
            if getattr(operation, "max_value", None) == 6
            else self._trace.node("Relu", [self._trace.value(x)])
        )

    def _silu(self, _, x):
        node, x = self._trace.node, self._trace.value(x)
        return node("Mul", [x, node("Sigmoid", [x])])

    def _hardsigmoid(self, _, x):
        return self._trace.node("HardSigmoid", [self._trace.value(x)], alpha=1 / 6, beta=0.5)

    def _hardsilu(self, _, x):
        return self._trace.node("HardSwish", [self._trace.value(x)])

    _hardswish = _hardsilu

    def _gelu(self, operation, x):
        how = "tanh" if getattr(operation, "approximate", False) else "none"
        return self._trace.node("Gelu", [self._trace.value(x)], approximate=how)

    def _softmax(self, operation, x):
        return self._trace.node("Softmax", [self._trace.value(x)], axis=getattr(operation, "axis", -1))

    def _rsqrt(self, _, x):
        return self._trace.node("Reciprocal", [self._trace.node("Sqrt", [self._trace.value(x)])])

    def _square(self, _, x):
        x = self._trace.value(x)
        return self._trace.node("Mul", [x, x])

    def _notequal(self, _, a, b):
        trace = self._trace
        return trace.node("Not", [trace.node("Equal", [trace.value(a, like=b), trace.value(b, like=a)])])

    def _cast(self, operation, x):
        x_type, to = _onnx_type(x.dtype), _onnx_type(operation.dtype)
        return self._trace.value(x) if x_type == to else self._trace.node("Cast", [self._trace.value(x)], to=to)

    def _mean(self, operation, x):
        return self._reduce("ReduceMean", operation, x)

    def _sum(self, operation, x):
        return self._reduce("ReduceSum", operation, x)

    def _reduce(self, name: str, operation, x) -> str:
        inputs = [self._trace.value(x), self._trace.ints(*operation.axis)]
        return self._trace.node(name, inputs, keepdims=int(operation.keepdims))

    def _cumsum(self, operation, x):
        return self._trace.node("CumSum", [self._trace.value(x), self._trace.constant(operation.axis, np.int64)])

    def _oneslike(self, operation, x, **_):
        trace = self._trace
        one = helper.make_tensor("one", _onnx_type(x.dtype), [1], [1])
        return trace.node("ConstantOfShape", [trace.node("Shape", [trace.value(x)])], value=one)

    def _take(self, operation, x, indices):
        return self._trace.node("Gather", [self._trace.value(x), self._trace.value(indices)], axis=operation.axis)

    def _concatenate(self, operation, values):
        return self._trace.node("Concat", [self._trace.value(each) for each in values], axis=operation.axis)

    def _transpose(self, operation, x):
        return self._trace.node("Transpose", [self._trace.value(x)], perm=operation.axes)

    def _swapaxes(self, operation, x):
        axes = list(range(len(x.shape)))
        first, second = operation.axis1, operation.axis2
        axes[first], axes[second] = axes[second], axes[first]
        return self._trace.node("Transpose", [self._trace.value(x)], perm=axes)

    def _reshape(self, operation, x):
        sizes = list(operation.newshape)
        for index, size in enumerate(sizes):  # a size that is not known before a batch comes
            if size in (_BATCH, _LENGTH):
                same = index < len(x.shape) and x.shape[index] == size
                sizes[index] = 0 if same else -1
        return self._trace.node("Reshape", [self._trace.value(x), self._trace.ints(*sizes)])

    def _unstack(self, operation, x):
        trace = self._trace
        count = operation.num or x.shape[operation.axis]
        parts = trace.node("Split", [trace.value(x)], outputs=count, axis=operation.axis, num_outputs=count)
        return [trace.node("Squeeze", [part, trace.ints(operation.axis)]) for part in parts]

    def _pad(self, operation, x, constant_values=None):
        before, after = zip(*operation.pad_width, strict=True)
        return self._trace.node("Pad", [self._trace.value(x), self._trace.ints(*before, *after)])

    def _layernorm(self, operation, x, gamma=None, beta=None):
        inputs = [self._trace.value(each) for each in (x, gamma, beta) if each is not None]
        axis = operation.axis if isinstance(operation.axis, int) else operation.axis[0]
        return self._trace.node("LayerNormalization", inputs, axis=axis, epsilon=operation.epsilon)

    def _batchnorm(self, operation, x, mean, variance, offset=None, scale=None):
        node, value = self._trace.node, self._trace.value
        spread = node("Sqrt", [node("Add", [value(variance), value(operation.epsilon)])])
        factor = node("Reciprocal", [spread]) if scale is None else node("Div", [value(scale), spread])
        shift = node("Neg", [node("Mul", [value(mean), factor])])
        shift = shift if offset is None else node("Add", [value(offset), shift])
        return node("Add", [node("Mul", [value(x), factor]), shift])

    def _getitem(self, operation, x, key):
        trace, value, axis = self._trace, self._trace.value(x), 0
        new: list[int] = []
        keys = list(key) if isinstance(key, tuple) else [key]
        kept = sum(each is not None and each is not Ellipsis for each in keys)
        for each in keys:
            if each is None:
                new.append(axis + len(new))
                continue
            if each is Ellipsis:
                axis += len(x.shape) - kept
                continue
            if not isinstance(each, slice) or each.step not in (None, 1):
                raise NotImplementedError(f"no rule for the index {each!r}")
            if each != slice(None):
                start, end = each.start or 0, np.iinfo(np.int64).max if each.stop is None else each.stop
                value = trace.node("Slice", [value, trace.ints(start), trace.ints(end), trace.ints(axis)])
            axis += 1
        return trace.node("Unsqueeze", [value, trace.ints(*new)]) if new else value


def _sizes(tensor: KerasTensor) -> list[int | str]:
    """The sizes of a tensor of a model, those that are not known by name."""
    return ["films", *("tokens" if size is None else size for size in tensor.shape[1:])]


def _tensors(arguments: Any) -> list[KerasTensor]:
    return [each for each in tree.flatten((arguments.args, arguments.kwargs)) if isinstance(each, KerasTensor)]


def _is_rnn(layer: Any) -> bool:
    return isinstance(layer, layers.LSTMCell | layers.LSTM | layers.Bidirectional)


def _onnx_type(dtype: str) -> int:
    return helper.np_dtype_to_tensor_dtype(np.dtype(keras.backend.standardize_dtype(dtype)))


def _pair(value: int | Sequence[int]) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


def _padding(operation: Any) -> str:
    return "SAME_UPPER" if operation.padding == "same" else "VALID"
