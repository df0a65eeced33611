"""What a runtime is: something that turns a batch of normalised pictures into the best classes per step."""

from __future__ import annotations

import os
from typing import NamedTuple, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from shouxie.errors import UsageError
from shouxie.runtime import Precision, RuntimeName
from shouxie.weights.model import Model


class Frames(NamedTuple):
    """A network's output: the best k classes of every time step, best first.

    Attributes:
        probabilities: (..., T, k) float32.
        ids: (..., T, k) int32; 0 is the CTC blank.
    """

    probabilities: NDArray[np.float32]
    ids: NDArray[np.int32]


class Runtime(Protocol):
    """Runs one model. ``infer`` may be called from several threads at once.

    Attributes:
        name: which runtime this is.
        precision: the arithmetic that is really used, ``fp32`` or ``bf16``.
        parallel: how many calls of ``infer`` are worth making at the same time.
    """

    name: str
    precision: str
    parallel: int

    def infer(self, x: NDArray[np.float32]) -> Frames:
        """Run a batch (N, 3, H, W); the result's arrays are (N, T, k)."""
        ...


def open_runtime(
    model: Model,
    name: RuntimeName = "auto",
    *,
    precision: Precision = "auto",
    k: int = 1,
    threads: int | None = None,
) -> Runtime:
    """Start a runtime for a model.

    Args:
        model: what to run.
        name: ``auto`` is OpenVINO.
        precision: ``auto`` takes bfloat16 where the processor has it and the model's card says that reading
            was measured not to suffer; else float32.
        k: classes per time step, best first; 1 is enough for greedy reading without alternatives.
        threads: processor threads to use; all that this process may use when None.

    Raises:
        UsageError: the runtime is not installed or cannot do what is asked.
    """
    if name not in get_args(RuntimeName):
        raise UsageError(f"no runtime is called {name!r}; there are: {', '.join(get_args(RuntimeName))}")
    if precision not in get_args(Precision):
        raise UsageError(f"no precision {precision!r}; there are: {', '.join(get_args(Precision))}")
    if not 1 <= k <= model.charset.classes:
        raise UsageError(f"k is {k}; a model of {model.charset.classes} classes gives 1 to that many")
    count = threads or usable_cores()
    if name == "onnxruntime":
        from shouxie.runtime.ort import OnnxRuntime

        return OnnxRuntime(model, precision=precision, k=k, threads=count)
    if name == "torch":
        from shouxie.runtime.pytorch import TorchRuntime

        return TorchRuntime(model, precision=precision, k=k, threads=threads)
    from shouxie.runtime.ov import OpenVinoRuntime

    return OpenVinoRuntime(model, precision=precision, k=k, threads=count)


def usable_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
