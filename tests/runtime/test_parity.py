"""All runtimes give what the released recogniser gives, on noise, on ink and on real handwriting."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from shouxie.batching import canvas_width
from shouxie.charset import Charset
from shouxie.data.labels import read_labels
from shouxie.export import probe
from shouxie.image import load
from shouxie.reader import Reader
from shouxie.runtime import RuntimeName
from shouxie.runtime.base import Frames, open_runtime
from shouxie.score import count_edits
from shouxie.text import letters, nfkc
from shouxie.weights.model import Card, Model, load_model
from shouxie.weights.sequence import Floats

RUNTIMES: list[RuntimeName] = ["openvino", "onnxruntime", "torch"]
BOUNDS = {"openvino": 1e-4, "onnxruntime": 1e-5, "torch": 1e-5}
SETS = ("composite", "hwdb", "chars", "hccdoc", "ept")


@pytest.fixture(scope="session")
def full(released_weights: dict[str, Floats], released_charset: Charset) -> Model:
    """The released weights in full precision."""
    card = Card(
        name="released",
        network="svtr_lcnet",
        charset=released_charset.characters,
        precision="fp32",
        licence="Apache-2.0",
        provenance=("test",),
        training="as released",
    )
    return Model(card, released_weights)


@pytest.fixture(scope="session")
def original(released: Path) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """The released network: (N, 3, 48, W) to softmax (N, T, 6625)."""
    session = ort.InferenceSession(released, providers=["CPUExecutionProvider"])
    return lambda x: np.asarray(session.run(None, {"x": x})[0], np.float32)


def table(frames: Frames) -> NDArray[np.float32]:
    """Softmax (N, T, classes) from frames that hold all classes."""
    out = np.empty_like(frames.probabilities)
    np.put_along_axis(out, frames.ids.astype(np.int64), frames.probabilities, -1)
    return out


@pytest.mark.parametrize("name", RUNTIMES)
def test_softmax_is_that_of_the_released_network(
    full: Model, original: Callable[[NDArray[np.float32]], NDArray[np.float32]], name: RuntimeName
) -> None:
    runtime = open_runtime(full, name, precision="fp32", k=full.charset.classes)
    for width in (160, 320, 641, 1280, 2000):
        x = probe(width, 48)
        assert np.abs(table(runtime.infer(x)) - original(x)).max() <= BOUNDS[name]


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_batch_of_many_is_many_batches_of_one(name: RuntimeName) -> None:
    model = load_model("ppocrv3")
    runtime = open_runtime(model, name, precision="fp32", k=5)
    x = np.concatenate([probe(640, 48) * scale for scale in (1, 0.8, -1)])
    together = runtime.infer(x)
    for row in range(len(x)):
        alone = runtime.infer(x[row : row + 1])
        assert np.abs(alone.probabilities[0] - together.probabilities[row]).max() <= 1e-5
        assert (alone.ids[0, :, 0] == together.ids[row, :, 0]).all()


@pytest.mark.parametrize("name", RUNTIMES)
def test_fewer_classes_are_the_first_of_more(name: RuntimeName) -> None:
    model = load_model("ppocrv3")
    x = probe(320, 48)
    many = open_runtime(model, name, precision="fp32", k=9).infer(x)
    one = open_runtime(model, name, precision="fp32", k=1).infer(x)
    assert one.ids.shape == (2, 40, 1)
    assert (many.ids[:, :, :1] == one.ids).all()
    assert np.abs(many.probabilities[:, :, :1] - one.probabilities).max() <= 1e-6


def test_bf16_reads_as_well(realink: Path) -> None:
    """bfloat16 is taken by itself only because of this (emulated here where the processor lacks it)."""
    samples = [s for name in ("hwdb", "hccdoc") for s in read_labels(realink / name / "labels.tsv")]
    rates = {}
    for precision in ("fp32", "bf16"):
        reader = Reader(runtime="torch", precision=precision)
        texts = [r.text for r in reader.read([s.paths[0] for s in samples])]
        edits = [count_edits(letters(s.text), letters(t)) for s, t in zip(samples, texts, strict=True)]
        rates[precision] = sum(e.errors for e in edits) / sum(e.reference for e in edits)
    assert load_model("ppocrv3").card.bf16
    assert rates["bf16"] <= rates["fp32"] + 0.002


READ: dict[tuple[str, RuntimeName], dict[str, list[str]]] = {}


def real_texts(realink: Path, model: Model, name: RuntimeName) -> dict[str, list[str]]:
    """What a model reads on every set; once for each model and runtime."""
    key = (model.card.name, name)
    if key not in READ:
        READ[key] = _real_texts(realink, model, name)
    return READ[key]


def _real_texts(realink: Path, model: Model, name: RuntimeName) -> dict[str, list[str]]:
    reader = Reader(model, runtime=name, precision="fp32")
    paths = {s: [sample.paths[0] for sample in read_labels(realink / s / "labels.tsv")] for s in SETS}
    return {s: [reading.text for reading in reader.read(found)] for s, found in paths.items()}


def read_by_the_original(
    original: Callable[[NDArray[np.float32]], NDArray[np.float32]], path: Path, charset: Charset
) -> str:
    """Greedy text by PaddleOCR's inference steps, one picture at a time, on our canvas."""
    pixels = load(path)
    width = math.ceil(48 * pixels.shape[1] / pixels.shape[0])
    x = np.zeros((1, 3, 48, canvas_width(width)), np.float32)
    resized = cv2.resize(pixels, (width, 48)).astype(np.float32)
    x[0, :, :, :width] = (resized.transpose(2, 0, 1) / 255 - 0.5) / 0.5
    ids = original(x)[0].argmax(-1)
    kept = np.flatnonzero((ids != 0) & (np.concatenate(([-1], ids[:-1])) != ids))
    return charset.decode(ids[kept].tolist())


def test_real_ink_is_read_as_the_released_network_reads_it(
    realink: Path,
    full: Model,
    released_charset: Charset,
    original: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> None:
    for name in SETS:
        texts = real_texts(realink, full, "onnxruntime")[name]
        samples = list(read_labels(realink / name / "labels.tsv"))
        assert texts == [read_by_the_original(original, s.paths[0], released_charset) for s in samples]


@pytest.mark.parametrize("name", ["openvino", "torch"])
def test_all_runtimes_read_real_ink_the_same(realink: Path, full: Model, name: RuntimeName) -> None:
    assert real_texts(realink, full, name) == real_texts(realink, full, "onnxruntime")


def test_real_ink_gives_the_known_figures(realink: Path) -> None:
    texts = real_texts(realink, load_model("ppocrv3"), "openvino")
    truths = {s: [sample.text for sample in read_labels(realink / s / "labels.tsv")] for s in SETS}

    def cer(name: str, fold: Callable[[str], str]) -> float:
        edits = [count_edits(fold(t), fold(p)) for t, p in zip(truths[name], texts[name], strict=True)]
        return sum(e.errors for e in edits) / sum(e.reference for e in edits)

    assert cer("composite", nfkc) == pytest.approx(0.573, abs=0.003)
    assert cer("hwdb", nfkc) == pytest.approx(0.094, abs=0.003)
    assert cer("hccdoc", letters) == pytest.approx(0.204, abs=0.01)
    assert cer("ept", letters) == pytest.approx(0.417, abs=0.01)
    right = [nfkc(t) == nfkc(p) for t, p in zip(truths["chars"], texts["chars"], strict=True)]
    assert sum(right) / len(right) == pytest.approx(0.588, abs=0.004)


def test_light_ink_on_dark_ground_is_read_as_well(realink: Path) -> None:
    """Pictures are not inverted before reading, because this holds without."""
    samples = [s for name in ("hwdb", "hccdoc") for s in read_labels(realink / name / "labels.tsv")]
    reader = Reader(precision="fp32")
    pictures = [load(s.paths[0]) for s in samples]
    rates = []
    for shown in (pictures, [255 - p for p in pictures]):
        edits = [
            count_edits(nfkc(s.text), nfkc(r.text)) for s, r in zip(samples, reader.read(shown), strict=True)
        ]
        rates.append(sum(e.errors for e in edits) / sum(e.reference for e in edits))
    assert rates[1] <= rates[0] + 0.01
