"""A graph of ONNX to which nodes are added one by one, and which onnxruntime runs."""

import numpy as np

from skfnn.export._onnx import Graph, Value


class Bench:
    """What stands in for skl2onnx's scope and container, in which names and nodes are collected.

    Parameters
    ----------
    dtype : dtype
        That of the graph's numbers.
    opset : int
        The version of ONNX.
    """

    def __init__(self, dtype="float64", opset=18):
        self.target_opset = opset
        self.nodes, self.constants, self.inputs, self.feeds = [], [], [], {}
        self.domains, self.n_names = {"": opset}, 0
        self.graph = Graph(self, self, np.dtype(dtype))

    def get_unique_variable_name(self, name):
        self.n_names += 1
        return f"{name}{self.n_names}"

    get_unique_operator_name = get_unique_variable_name

    def add_node(self, operator, inputs, out, name, op_domain="", op_version=None, **attributes):
        from onnx import helper

        self.domains.setdefault(op_domain, op_version)
        self.nodes.append(
            helper.make_node(operator, inputs, [out], name=name, domain=op_domain, **attributes)
        )

    def add_initializer(self, name, kind, shape, content):
        from onnx import TensorProto, helper

        if isinstance(content, TensorProto):
            content.name = name
            self.constants.append(content)
        else:
            self.constants.append(helper.make_tensor(name, kind, shape, content))

    def given(self, array):
        """Return an input of the graph, of any shape, that will be this array."""
        array = np.asarray(array)
        value = Value(self.get_unique_variable_name("given"), array.dtype)
        self.inputs.append(_info(value, array.ndim))
        self.feeds[value.name] = array
        return value

    def run(self, value):
        """Return what a tensor is; its dtype has to be what it says."""
        import onnxruntime
        from onnx import helper

        assert isinstance(value, Value)
        out = self.graph.node("Identity", value, dtype=value.dtype)
        graph = helper.make_graph(
            self.nodes, "bench", self.inputs, [_info(out)], initializer=self.constants
        )
        versions = [helper.make_opsetid(*pair) for pair in self.domains.items()]
        model = helper.make_model(graph, opset_imports=versions, ir_version=8)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        return session.run(None, self.feeds)[0]

    def count(self, operator):
        """Return how many nodes of a type there are."""
        return sum(node.op_type == operator for node in self.nodes)


def _info(value, ndim=None):
    from onnx import helper

    kind = helper.np_dtype_to_tensor_dtype(value.dtype)
    return helper.make_tensor_value_info(value.name, kind, None if ndim is None else [None] * ndim)
