"""Reading with OpenVINO: the default, fastest on ordinary processors."""

from __future__ import annotations

import queue
import threading

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from shouxie.errors import UsageError
from shouxie.net.graph import filled
from shouxie.runtime import Precision
from shouxie.runtime.base import Frames
from shouxie.weights.model import Model

_TENSORS = threading.Lock()
"""Held while arrays become tensors or tensors arrays: where two threads do so for the first time at once,
OpenVINO 2026.4 can wait for ever."""


class OpenVinoRuntime:
    """One stream per thread: several batches side by side beat one batch on all cores."""

    name = "openvino"

    def __init__(self, model: Model, *, precision: Precision, k: int, threads: int) -> None:
        core = ov.Core()
        able = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if precision == "bf16" and not able:
            raise UsageError("this processor has no bfloat16 arithmetic; use --precision auto or fp32")
        self.precision = (
            "bf16" if able and (precision == "bf16" or (precision == "auto" and model.card.bf16)) else "fp32"
        )
        self.parallel = threads
        graph = core.read_model(filled(model.card.network, model.weights, k=k))
        options = {
            "INFERENCE_PRECISION_HINT": "bf16" if self.precision == "bf16" else "f32",
            "NUM_STREAMS": threads,
            "INFERENCE_NUM_THREADS": threads,
            # A folder of pictures shows many widths: keep what was compiled for the recent ones, no more.
            "CPU_RUNTIME_CACHE_CAPACITY": 2000,
        }
        self._compiled = core.compile_model(graph, "CPU", options)
        self._free: queue.LifoQueue[ov.InferRequest] = queue.LifoQueue()
        for _ in range(threads):
            self._free.put(self._compiled.create_infer_request())

    def infer(self, x: NDArray[np.float32]) -> Frames:
        """See ``Runtime.infer``."""
        request = self._free.get()
        try:
            with _TENSORS:
                request.set_tensor("x", ov.Tensor(x, shared_memory=True))
            request.infer()
            with _TENSORS:
                probabilities = np.array(request.get_tensor("probabilities").data, np.float32)
                ids = np.array(request.get_tensor("ids").data, np.int32)
            return Frames(probabilities, ids)
        finally:
            self._free.put(request)
