"""Write every registered network's ONNX graph, without weights, and its weights' shapes into the package.

    python recipes/graphs.py

A graph names its weights as the PyTorch state dict does and holds none of them; the class count stands
nowhere in it. The reading path puts a model file's weights in (``shouxie.net.graph``), so that reading,
exporting and importing need neither PyTorch nor an exporter. Run this when a network's forward pass changes;
the tests compare every graph with its network. Needs the extra ``train``.
"""

from __future__ import annotations

import json
import logging
import warnings

import onnx
import onnxscript.optimizer
import torch
from onnxscript import ir
from torch import Tensor, nn

from shouxie.net import registry
from shouxie.net.graph import GRAPHS

OPSET = 18


class Decoding(nn.Module):
    """A recogniser whose output is the best k classes and their probabilities per step."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        probabilities, ids = torch.topk(torch.softmax(self.net(x), dim=-1), 1, dim=-1)
        return probabilities, ids.to(torch.int32)


def export(name: str) -> onnx.ModelProto:
    """The graph of network ``name``: ``x`` (N, 3, H, W) to ``probabilities`` and ``ids`` (N, T, k)."""
    entry = registry.entry(name)
    net = registry.build(name, classes=101)
    example = torch.zeros(2, 3, entry.height, 41 * entry.step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        program = torch.onnx.export(
            Decoding(net).eval(),
            (example,),
            dynamo=True,
            optimize=False,
            opset_version=OPSET,
            dynamic_shapes=({0: "n", 3: "w"},),
            input_names=["x"],
            output_names=["probabilities", "ids"],
            verbose=False,
        )
    assert program is not None
    weights = {f"net.{key}" for key in net.state_dict()}
    graph = program.model.graph
    held = []
    for key in weights & graph.initializers.keys():
        value = graph.initializers.pop(key)
        value.const_value = None  # a weight without a value is nothing that the optimiser could fold away
        value.name = key.removeprefix("net.")
        graph.inputs.append(value)
        held.append(value)
    onnxscript.optimizer.optimize(program.model, input_size_limit=1 << 20, output_size_limit=1 << 20)
    model: onnx.ModelProto = ir.to_proto(program.model)
    _weights_out(model, {value.name for value in held})
    _open_k(model)
    return model


def _weights_out(model: onnx.ModelProto, names: set[str | None]) -> None:
    kept = [value for value in model.graph.input if value.name not in names]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    del model.graph.value_info[:], model.functions[:], model.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""


def _open_k(model: onnx.ModelProto) -> None:
    [top] = [node for node in model.graph.node if node.op_type == "TopK"]
    top.input[1] = "k"
    used = {name for node in model.graph.node for name in node.input}
    for node in [n for n in model.graph.node if n.op_type == "Constant" and n.output[0] not in used]:
        model.graph.node.remove(node)
    for tensor in [t for t in model.graph.initializer if t.name not in used]:
        model.graph.initializer.remove(tensor)
    for value in model.graph.output:
        value.type.tensor_type.shape.dim[2].Clear()
        value.type.tensor_type.shape.dim[2].dim_param = "k"


def shapes(name: str) -> dict[str, list[int | None]]:
    """Weight names and shapes; a size that follows the number of classes is None."""
    few, many = (registry.build(name, classes=classes).state_dict() for classes in (101, 102))
    return {
        key: [a if a == b else None for a, b in zip(few[key].shape, many[key].shape, strict=True)]
        for key in few
        if not key.endswith("num_batches_tracked")
    }


def main() -> None:
    """Write every graph and spec."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    for name in registry.NETWORKS:
        path = GRAPHS / f"{name}.onnx"
        path.write_bytes(export(name).SerializeToString(deterministic=True))
        entry = registry.entry(name)
        facts = {"height": entry.height, "step": entry.step, "shapes": shapes(name)}
        path.with_suffix(".json").write_text(json.dumps(facts) + "\n", "utf-8")
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
