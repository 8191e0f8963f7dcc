"""The network RIFE (4.25) as an ONNX graph, built from its weights.

Five blocks look at both pictures, each at twice the size of the one before, and correct what the ones
before say: for every point of the wanted picture where it was in the first one and where it will be in the
second one, how much of each to take, and eight numbers for the next block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from .checkpoint import Numbers

OPSET = 16
BLOCKS, RESIDUALS = 5, 8
SLOPE = 0.2  # of negative numbers
FLOW, MASK, FEATURES = 4, 1, 8  # what a block gives
INPUTS = {"first": 3, "second": 3, "moment": 1, "grid": 2}  # planes of each


class _Graph:
    """Collects nodes; each method returns the name of what its node gives."""

    def __init__(self, state: Mapping[str, Numbers]) -> None:
        self._state = state
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, Numbers] = {}

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def constant(self, values: Sequence[float] | Numbers, kind: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.ascontiguousarray(values, dtype=kind)
        return name

    def convolution(self, signal: str, name: str, stride: int = 1, factor: float = 1) -> str:
        return self._convolution("Conv", signal, name, stride, np.float32(factor), 3)

    def enlarging(self, signal: str, name: str) -> str:
        return self._convolution("ConvTranspose", signal, name, 2, np.float32(1), 4)

    def residual(self, signal: str, name: str) -> str:
        """A convolution scaled by a learned number for each channel, and added to its input."""
        beta = self._state[f"{name}.beta"].reshape(-1)
        changed = self._convolution("Conv", signal, f"{name}.conv", 1, beta, 3)
        return self.leaky(self.node("Add", changed, signal))

    def _convolution(
        self,
        kind: str,
        signal: str,
        name: str,
        stride: int,
        factor: Numbers | np.float32,
        side: int,
    ) -> str:
        weight = self._state[f"{name}.weight"]
        if np.ndim(factor):
            weight = weight * np.reshape(factor, (-1, 1, 1, 1))
        bias = self._state[f"{name}.bias"] * factor
        names = self.constant(weight), self.constant(bias)
        return self.node(
            kind, signal, *names, kernel_shape=[side] * 2, strides=[stride] * 2, pads=[1] * 4
        )

    def leaky(self, signal: str) -> str:
        return self.node("LeakyRelu", signal, alpha=SLOPE)

    def resized(self, signal: str, scale: float) -> str:
        if scale == 1:
            return signal
        scales = self.constant([1, 1, scale, scale])
        mode = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        return self.node("Resize", signal, "", scales, **mode)

    def times(self, signal: str, factor: float) -> str:
        return signal if factor == 1 else self.node("Mul", signal, self.constant([factor]))

    def joined(self, *signals: str) -> str:
        return self.node("Concat", *signals, axis=1)

    def planes(self, signal: str, first: int, count: int) -> str:
        bounds = [[first], [first + count], [1]]
        names = [self.constant(np.array(one), np.int64) for one in bounds]
        return self.node("Slice", signal, names[0], names[1], names[2])


def rife_model(state: Mapping[str, Numbers], scales: Sequence[int]) -> ModelProto:
    """A model from two pictures and a moment between them to the picture at that moment.

    `scales` are by how much each block looks at the pictures reduced. All inputs have the same size, of
    which 4 times the largest scale is a divisor; `grid` holds the place of each point from -1 to 1, `reach`
    what one point is on that scale, across and down.
    """
    graph = _Graph(state)
    features = [_encoded(graph, name) for name in ("first", "second")]
    flow, mask, more = _block(graph, 0, ["first", "second", *features, "moment"], "", scales[0])
    for number in range(1, BLOCKS):
        looked = [_warped(graph, name, flow, 0) for name in ("first", features[0])]
        ahead = [_warped(graph, name, flow, 2) for name in ("second", features[1])]
        seen = [looked[0], ahead[0], looked[1], ahead[1], "moment", mask, more]
        change, mask, more = _block(graph, number, seen, flow, scales[number])
        flow = graph.node("Add", flow, change)
    share = graph.node("Sigmoid", mask)
    rest = graph.node("Sub", graph.constant([1]), share)
    parts = [
        graph.node("Mul", _warped(graph, "first", flow, 0), share),
        graph.node("Mul", _warped(graph, "second", flow, 2), rest),
    ]
    graph.nodes.append(helper.make_node("Add", parts, ["between"]))
    return _model(graph)


def _encoded(graph: _Graph, picture: str) -> str:
    signal = graph.leaky(graph.convolution(picture, "encode.cnn0", 2))
    for name in ("encode.cnn1", "encode.cnn2"):
        signal = graph.leaky(graph.convolution(signal, name))
    return graph.enlarging(signal, "encode.cnn3")


def _block(
    graph: _Graph, number: int, inputs: Sequence[str], flow: str, scale: int
) -> tuple[str, str, str]:
    """The change of the flow, the mask, and what the next block is told."""
    name = f"block{number}"
    signal = graph.resized(graph.joined(*inputs), 1 / scale)
    if flow:
        signal = graph.joined(signal, graph.times(graph.resized(flow, 1 / scale), 1 / scale))
    for place in (0, 1):
        signal = graph.leaky(graph.convolution(signal, f"{name}.conv0.{place}.0", 2))
    for place in range(RESIDUALS):
        signal = graph.residual(signal, f"{name}.convblock.{place}")
    signal = graph.enlarging(signal, f"{name}.lastconv.0")
    signal = graph.node("DepthToSpace", signal, blocksize=2, mode="CRD")
    signal = graph.resized(signal, scale)
    return (
        graph.times(graph.planes(signal, 0, FLOW), scale),
        graph.planes(signal, FLOW, MASK),
        graph.planes(signal, FLOW + MASK, FEATURES),
    )


def _warped(graph: _Graph, picture: str, flow: str, first: int) -> str:
    shift = graph.node("Mul", graph.planes(flow, first, 2), "reach")
    places = graph.node("Transpose", graph.node("Add", "grid", shift), perm=[0, 2, 3, 1])
    how = {"mode": "bilinear", "padding_mode": "border", "align_corners": 1}
    return graph.node("GridSample", picture, places, **how)


def _model(graph: _Graph) -> ModelProto:
    def described(name: str, planes: int, *size: int | str) -> object:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, planes, *size])

    inputs = [described(name, planes, "height", "width") for name, planes in INPUTS.items()]
    inputs.append(described("reach", 2, 1, 1))
    weights = [numpy_helper.from_array(values, name) for name, values in graph.constants.items()]
    output = described("between", 3, "height", "width")
    whole = helper.make_graph(graph.nodes, "rife", inputs, [output], weights)
    # The newest version of the format that every onnxruntime since 1.17 reads.
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
