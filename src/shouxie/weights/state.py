"""Between model files and PyTorch networks. Needs the extra ``train``."""

from __future__ import annotations

import numpy as np
import torch

from shouxie.net import registry
from shouxie.net.recogniser import Recogniser
from shouxie.weights.model import Array, Model, check


def load_network(model: Model) -> Recogniser:
    """The model's network with its weights, in evaluation mode, float32. Strict: every tensor must fit."""
    check(model)
    net = registry.build(model.card.network, classes=model.charset.classes)
    tensors = {name: torch.from_numpy(np.array(array, np.float32)) for name, array in model.weights.items()}
    counters = {
        name: value for name, value in net.state_dict().items() if name.endswith("num_batches_tracked")
    }
    net.load_state_dict({**tensors, **counters}, strict=True)
    return net


def network_weights(net: torch.nn.Module) -> dict[str, Array]:
    """A network's weights as a model file holds them, float32."""
    return {
        name: value.detach().float().cpu().numpy()
        for name, value in net.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
