"""Proof that imported weights compute what their source computes.

The package's own graph, filled with the imported weights, runs beside the source: a file that a runtime can
run is run as it is, in a process of its own with limits on time and memory; any other source is computed from
its own tensors in NumPy.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from shouxie.errors import ModelError
from shouxie.net.graph import filled, spec
from shouxie.weights.reference import reference_softmax
from shouxie.weights.sequence import Floats, Group

Kind = Literal["onnx", "program", "params"]
Array = NDArray[np.generic]

WIDTHS = (160, 320, 641)
BOUND = 1e-4
"""Largest allowed difference of a class probability. Float32 arithmetic in another order gives about 3e-6."""
SECONDS = 120
MEMORY = 8 << 30


def pictures(height: int, widths: Sequence[int]) -> list[Floats]:
    """Normalised pictures (1, 3, height, width), always the same: noise on the left, strokes on the right."""
    rng = np.random.default_rng(48)
    made: list[Floats] = []
    for width in widths:
        picture = np.full((height, width, 3), 245, np.uint8)
        for _ in range(width // 8):
            points = rng.integers((width // 2, 4), (width, height - 4), (4, 2))
            cv2.polylines(picture, [points.astype(np.int32)], False, (60, 40, 40), 2, cv2.LINE_AA)
        picture[:, : width // 2] = rng.integers(0, 256, (height, width // 2, 3), np.uint8)
        scaled = (picture.astype(np.float32) / 255 - 0.5) / 0.5
        made.append(np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], np.float32))
    return made


def classes_of(network: str, weights: Mapping[str, Array]) -> int:
    """Number of output classes that the weights have."""
    shapes = spec(network).shapes
    name = next(name for name, shape in shapes.items() if None in shape)
    return int(weights[name].shape[shapes[name].index(None)])


def own_softmax(network: str, weights: Mapping[str, Array], inputs: Sequence[Floats]) -> list[Floats]:
    """Class probabilities (1, T, classes) of the package's own graph, by OpenVINO in float32."""
    graph = _OpenVINO(filled(network, weights, k=classes_of(network, weights)))
    results = []
    for x in inputs:
        probabilities, ids = graph(x)
        table = np.zeros_like(probabilities)
        np.put_along_axis(table, ids.astype(np.int64), probabilities, axis=-1)
        results.append(table)
    return results


def prove(
    path: Path, kind: Kind, source: Sequence[Group], inputs: Sequence[Floats], ours: Sequence[Floats]
) -> tuple[float, str]:
    """Compare what the imported weights compute with what their source computes.

    Args:
        path: the source's file; for a program the ``.pdmodel``.
        kind: what it is.
        source: its layers in the order of use.
        inputs: pictures.
        ours: class probabilities of ``inputs`` by the imported weights, float32.

    Returns:
        The largest difference of a class probability, and what was compared with.

    Raises:
        ModelError: the difference is above ``BOUND``, or an ONNX file cannot be run.
    """
    expected, against = _source_softmax(path, kind, source, inputs)
    bound = difference(ours, expected)
    if bound <= BOUND:
        return bound, against
    fault = f"imported, it computes something else: probabilities differ by up to {bound:.1e} from {against}"
    with np.errstate(all="ignore"):
        taller = difference([reference_softmax(source, inputs[0], pool_rows=3)], expected[:1])
    if taller <= BOUND:
        raise ModelError(path, fault, "its last pool is 3 x 2, that of PP-OCRv3 2 x 2: not this network")
    raise ModelError(path, fault, "is it a PP-OCRv3 recogniser?")


def difference(ours: Sequence[Floats], theirs: Sequence[Floats]) -> float:
    """The largest absolute difference; infinite if shapes differ or a value is not a number."""
    if [a.shape for a in ours] != [b.shape for b in theirs]:
        return np.inf
    largest = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))
    return np.inf if np.isnan(largest) else largest


def _source_softmax(
    path: Path, kind: Kind, source: Sequence[Group], inputs: Sequence[Floats]
) -> tuple[list[Floats], str]:
    if kind != "params" and path.suffix != ".json":
        try:
            return _apart(path, kind, inputs)
        except ValueError as error:
            if kind == "onnx":
                raise ModelError(path, f"it cannot be run: {error}") from error
    return [reference_softmax(source, x) for x in inputs], "a NumPy computation on the source's own tensors"


def _apart(path: Path, kind: Kind, inputs: Sequence[Floats]) -> tuple[list[Floats], str]:
    """Run a source file in a process of its own.

    Raises:
        ValueError: it failed or took too long.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        for i, x in enumerate(inputs):
            np.save(folder / f"x{i}.npy", x)
        command = [sys.executable, "-m", __name__, kind, str(path.resolve()), name]
        try:
            done = subprocess.run(
                command,
                cwd=name,
                timeout=SECONDS,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ValueError(f"it took longer than {SECONDS} seconds") from error
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"its process ended with {done.returncode}"]
            raise ValueError(lines[-1][:300])
        return [np.load(folder / f"y{i}.npy") for i in range(len(inputs))], done.stdout.strip()


class _OpenVINO:
    """A network in OpenVINO, in float32 whatever the machine prefers."""

    def __init__(self, source: bytes | Path) -> None:
        import openvino

        core = openvino.Core()
        self.compiled = core.compile_model(
            core.read_model(source), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
        )
        self.version = openvino.__version__.split("-")[0]

    def __call__(self, x: Floats) -> list[Floats]:
        results = self.compiled([x])
        return [np.array(results[output]) for output in self.compiled.outputs]


def _main(kind: str, source: str, folder: str) -> None:
    """Run ``source`` on ``x0.npy`` … in ``folder``, write ``y0.npy`` …, and say what ran it."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if kind == "onnx" and find_spec("onnxruntime"):
        import onnxruntime

        session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        by = f"ONNX Runtime {onnxruntime.__version__}"

        def run(x: Floats) -> Floats:
            result: Floats = session.run(None, {name: x})[0]
            return result
    else:
        network = _OpenVINO(Path(source).read_bytes() if kind == "onnx" else Path(source))
        by = f"OpenVINO {network.version}"

        def run(x: Floats) -> Floats:
            return network(x)[0]

    for file in sorted(Path(folder).glob("x*.npy")):
        np.save(file.with_name(f"y{file.name[1:]}"), run(np.load(file)))
    print(f"the source run by {by}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
