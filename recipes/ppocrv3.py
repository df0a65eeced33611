"""Make the model ``ppocrv3`` in the box: the released PP-OCRv3 recogniser in our own file format.

    pip install -e '.[train,onnx]'
    pip install --no-deps rapidocr-onnxruntime==1.2.13
    python recipes/ppocrv3.py

The weights come from the ONNX export in that package (Apache-2.0). The import proves that the network
computes the same. Then the samples are read in float32 and in bfloat16 (emulated where the processor lacks
it): bfloat16 is allowed in the card only if the character error rate does not rise by more than 0.002.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from shouxie.data.labels import read_labels
from shouxie.reader import Reader
from shouxie.runtime import Precision
from shouxie.score import count_edits
from shouxie.weights.importing import import_weights
from shouxie.weights.model import BOX, SUFFIX, Model, save_model

NAME = "ppocrv3"
SAMPLES = Path(__file__).parent.parent / "samples" / "labels.tsv"
ALLOWED = 0.002
TRAINING = "as released by PaddleOCR, on data that it has not published; not trained by this project"


def released() -> Path:
    """The ONNX file in the installed package, which is not imported: it would want a GUI build of OpenCV."""
    package = importlib.util.find_spec("rapidocr_onnxruntime")
    if package is None or package.origin is None:
        raise SystemExit("pip install --no-deps rapidocr-onnxruntime==1.2.13")
    return Path(package.origin).parent / "models" / "ch_PP-OCRv3_rec_infer.onnx"


def error_rate(model: Model, precision: Precision) -> float:
    """CER on the samples, computed in PyTorch, whose bfloat16 runs on every processor."""
    samples = list(read_labels(SAMPLES))
    readings = Reader(model, runtime="torch", precision=precision).read([s.paths[0] for s in samples])
    edits = [count_edits(s.text, r.text) for s, r in zip(samples, readings, strict=True)]
    return sum(e.errors for e in edits) / sum(e.reference for e in edits)


def main() -> None:
    """Import, prove, measure, write."""
    result = import_weights(released(), name=NAME, licence="Apache-2.0", training=TRAINING)
    print(f"probabilities differ from {result.against} by at most {result.bound:.1e}")
    whole, half = error_rate(result.model, "fp32"), error_rate(result.model, "bf16")
    print(f"samples, CER: {whole:.4f} in float32, {half:.4f} in bfloat16")
    source = (
        "ch_PP-OCRv3_rec of PaddleOCR (PaddlePaddle Authors, Apache-2.0)",
        "ONNX export in the Python package rapidocr-onnxruntime 1.2.13 (RapidAI, Apache-2.0)",
    )
    card = result.model.card
    facts = {"bf16": half <= whole + ALLOWED, "provenance": (*source, *card.provenance)}
    path = BOX / f"{NAME}{SUFFIX}"
    save_model(Model(card.model_copy(update=facts), result.model.weights), path)
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
