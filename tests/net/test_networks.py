"""Every registered network: its sizes, its graph, its spec."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import onnxruntime as ort
import pytest
import torch

from shouxie.errors import UsageError
from shouxie.net import registry
from shouxie.net.graph import GRAPHS, filled, spec
from shouxie.net.lcnet import DepthwiseSeparable, MobileNetV1Enhance
from shouxie.weights.state import network_weights

CLASSES = 211
every_network = pytest.mark.parametrize("name", sorted(registry.NETWORKS))


def sized(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def randomised(name: str) -> torch.nn.Module:
    """The network with weights and batch-norm statistics that leave no layer idle."""
    torch.manual_seed(1)
    net = registry.build(name, classes=CLASSES)
    for tensor_name, tensor in net.state_dict().items():
        if tensor_name.endswith(("running_var", "norm.weight", "norm1.weight", "norm2.weight")):
            tensor.uniform_(0.5, 1.5)
        elif tensor_name.endswith(("running_mean", "bias")):
            tensor.uniform_(-0.3, 0.3)
    return net


def test_svtr_lcnet_has_the_published_sizes() -> None:
    net = registry.build("svtr_lcnet", classes=6625)
    assert sized(net.backbone) == 1_016_160
    assert sized(net.encoder) == 1_192_880
    assert sized(net.head) == 430_625
    assert sized(net) == 2_639_665
    assert sum(b.numel() for n, b in net.named_buffers() if "tracked" not in n) == 12_592


@every_network
@pytest.mark.parametrize("width", [160, 320, 641, 1280])
def test_the_graph_in_the_package_is_the_network(name: str, width: int) -> None:
    net = randomised(name)
    session = ort.InferenceSession(filled(name, network_weights(net), k=CLASSES))
    x = np.random.default_rng(width).uniform(-1, 1, (2, 3, spec(name).height, width)).astype(np.float32)
    probabilities, ids = session.run(["probabilities", "ids"], {"x": x})
    with torch.inference_mode():
        want = torch.softmax(net(torch.from_numpy(x)), -1).numpy()
    got = np.zeros_like(want)
    np.put_along_axis(got, ids.astype(np.int64), probabilities, -1)
    assert want.shape == (2, width // spec(name).step, CLASSES)
    assert np.abs(got - want).max() <= 1e-5
    assert (np.diff(probabilities, axis=-1) <= 0).all()


@every_network
def test_the_spec_is_the_state_dict(name: str) -> None:
    facts, entry = spec(name), registry.entry(name)
    assert (facts.height, facts.step) == (entry.height, entry.step)
    tensors = network_weights(registry.build(name, classes=CLASSES))
    assert list(facts.shapes) == list(tensors)
    assert {n: facts.shape(n, CLASSES) for n in tensors} == {n: t.shape for n, t in tensors.items()}


@every_network
def test_every_weight_reaches_the_output_and_gets_a_gradient(name: str) -> None:
    net = randomised(name).train()
    x = torch.rand(2, 3, spec(name).height, 320) * 2 - 1
    net(x).logsumexp(-1).mul(torch.rand(2, 320 // spec(name).step)).sum().backward()
    idle = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not idle


def test_leaving_out_the_row_that_the_pool_drops_changes_nothing() -> None:
    backbone = MobileNetV1Enhance().eval()
    last = backbone.blocks[-1]
    assert isinstance(last, DepthwiseSeparable)
    assert last.pooled
    x = torch.rand(1, 3, 48, 320)
    with torch.inference_mode():
        short = backbone(x)
        last.pooled = False
        whole = backbone(x)
    assert torch.allclose(short, whole, atol=1e-6)
    last.pooled = True
    assert last.eval()(torch.rand(1, 512, 3, 80)).shape[2] == 2
    assert last.train()(torch.rand(1, 512, 3, 80)).shape[2] == 3


def test_unknown_networks_are_named() -> None:
    for make in (spec, registry.entry):
        with pytest.raises(UsageError, match="svtr_lcnet"):
            make("svtr_vcnet")
    with pytest.raises(UsageError, match="no network"):
        spec("../svtr_lcnet")


def recipe(name: str) -> ModuleType:
    path = Path(__file__).parents[2] / "recipes" / f"{name}.py"
    found = importlib.util.spec_from_file_location(f"recipes_{name}", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@every_network
def test_the_recipe_writes_the_same_graph(name: str) -> None:
    import onnx

    made = recipe("graphs").export(name)
    kept = onnx.load(GRAPHS / f"{name}.onnx")
    assert [n.op_type for n in made.graph.node] == [n.op_type for n in kept.graph.node]
    assert [list(n.input) for n in made.graph.node] == [list(n.input) for n in kept.graph.node]
