"""Who is measured: each reads a list of BGR pictures in memory and gives their texts.

Peers are used through their own public classes, with their own preprocessing, batching and decoding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Read = Callable[[Sequence[Picture]], list[str]]


def shouxie(batch: int, *, model: str, runtime: str, precision: str) -> Read:
    """shouxie on one of its runtimes."""
    from shouxie import Reader

    reader = Reader(model, runtime=runtime, precision=precision, batch_size=batch)  # type: ignore[arg-type]
    return lambda pictures: [reading.text for reading in reader.read(list(pictures))]


def rapidocr_1(batch: int) -> Read:
    """RapidOCR 1.2.13's text recogniser: the released PP-OCRv3 weights in ONNX Runtime."""
    import rapidocr_onnxruntime
    import yaml  # type: ignore[import-untyped]
    from rapidocr_onnxruntime.ch_ppocr_v3_rec import TextRecognizer

    home = Path(rapidocr_onnxruntime.__file__).parent
    config = yaml.safe_load((home / "config.yaml").read_text("utf-8"))["Rec"]
    config |= {"rec_batch_num": batch, "model_path": str(home / config["model_path"]), "use_cuda": False}
    recogniser = TextRecognizer(config)
    return lambda pictures: [text for text, _ in recogniser(list(pictures))[0]]


def rapidocr_3(batch: int) -> Read:
    """RapidOCR 3's text recogniser: PP-OCRv6 small in ONNX Runtime."""
    import logging

    from rapidocr import RapidOCR
    from rapidocr.ch_ppocr_rec.typings import TextRecInput

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    engine = RapidOCR(params={"Rec.rec_batch_num": batch, "Global.log_level": "error"})
    # The recogniser is made at the first call.
    engine(np.full((48, 320, 3), 255, np.uint8), use_det=False, use_cls=False, use_rec=True)
    recogniser = engine.text_rec
    return lambda pictures: list(recogniser(TextRecInput(img=list(pictures))).txts)


def contenders(model: str) -> dict[str, Callable[[int], Read]]:
    """Name to maker; a maker takes the batch size. bf16 is there where the processor has it."""
    import openvino as ov

    ours = {
        "shouxie openvino": ("openvino", "fp32"),
        "shouxie onnxruntime": ("onnxruntime", "fp32"),
        "shouxie torch": ("torch", "fp32"),
    }
    if "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        ours["shouxie openvino bf16"] = ("openvino", "bf16")
    made: dict[str, Callable[[int], Read]] = {
        name: partial(shouxie, model=model, runtime=runtime, precision=precision)
        for name, (runtime, precision) in ours.items()
    }
    return {"RapidOCR 1.2.13": rapidocr_1, "RapidOCR 3 (PP-OCRv6 small)": rapidocr_3, **made}
