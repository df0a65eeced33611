"""Reading with PyTorch: the same weights in the network that training uses. Needs the extra ``train``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shouxie.errors import UsageError
from shouxie.runtime import Precision
from shouxie.runtime.base import Frames
from shouxie.weights.model import Model

try:
    import torch
except ImportError as _error:
    raise UsageError("PyTorch is not installed; pip install 'shouxie[train]'") from _error

from shouxie.weights.state import load_network


class TorchRuntime:
    """The network on the first CUDA device, or on the processor."""

    name = "torch"
    parallel = 1

    def __init__(self, model: Model, *, precision: Precision, k: int, threads: int | None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        half = precision == "bf16" or (
            precision == "auto"
            and model.card.bf16
            and self._device.type == "cuda"
            and torch.cuda.is_bf16_supported()
        )
        self.precision = "bf16" if half else "fp32"
        torch.backends.cudnn.allow_tf32 = False  # fp32 means it: TF32 keeps 10 bits
        self._net = load_network(model).to(self._device)
        self._k = k

    def infer(self, x: NDArray[np.float32]) -> Frames:
        """See ``Runtime.infer``."""
        half = self.precision == "bf16"
        with torch.inference_mode(), torch.autocast(self._device.type, torch.bfloat16, enabled=half):
            logits = self._net(torch.from_numpy(x).to(self._device))
        top = torch.softmax(logits.float(), dim=-1).topk(self._k, dim=-1)
        return Frames(top.values.cpu().numpy(), top.indices.to(torch.int32).cpu().numpy())
