"""Reading with ONNX Runtime. Needs the extra ``onnx``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shouxie.errors import UsageError
from shouxie.net.graph import filled
from shouxie.runtime import Precision
from shouxie.runtime.base import Frames
from shouxie.weights.model import Model


class OnnxRuntime:
    """One session, all threads inside each call. float32 only: its CPU kernels know no bfloat16."""

    name = "onnxruntime"
    precision = "fp32"
    parallel = 1

    def __init__(self, model: Model, *, precision: Precision, k: int, threads: int) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise UsageError("ONNX Runtime is not installed; pip install 'shouxie[onnx]'") from error
        if precision == "bf16":
            raise UsageError("ONNX Runtime reads in fp32 only; use --runtime openvino for bf16")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        graph = filled(model.card.network, model.weights, k=k)
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def infer(self, x: NDArray[np.float32]) -> Frames:
        """See ``Runtime.infer``."""
        probabilities, ids = self._session.run(["probabilities", "ids"], {"x": x})
        return Frames(probabilities, ids)
