"""Writers of Paddle's files, byte for byte as Paddle 2.6 and 3.2 write them, and real programs of both.

The programs in ``programs/`` were written by ``paddle.jit.save`` of Paddle 2.6.2 and 3.2.2 from a recogniser
built as PaddleOCR builds PP-OCRv3's; the call stacks and scopes that Paddle notes in them were taken out.
``names.json`` tells each tensor's name in a training archive and in either program. What the writers here
give was compared with Paddle's own files and is the same, byte for byte.
"""

from __future__ import annotations

import gzip
import json
import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from shouxie.weights.sequence import Floats
from shouxie.weights.wire import field_varint

PROGRAMS = Path(__file__).parent / "programs"
NAMES: dict[str, tuple[str, str]] = json.loads((PROGRAMS / "names.json").read_text("utf-8"))
"""Name in a training archive: names in the programs of Paddle 2.6 and 3.2. In the order of use."""

NESTED = (("neck.encoder.", "head.ctc_encoder.encoder."), ("head.fc.", "head.ctc_head.fc."))
STRUCTURED = "StructuredToParameterName@@"


def nested(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    """The tensors as a recogniser with several heads names them."""
    found = {}
    for name, array in arrays.items():
        for plain, deep in NESTED:
            name = name.replace(plain, deep, 1) if name.startswith(plain) else name
        found[name] = array
    return found


def attention_head() -> dict[str, Floats]:
    """A guiding attention head, small, with the second names that Paddle gives to its RNNs' tensors."""
    weight, bias = np.ones((8, 4), np.float32), np.ones(8, np.float32)
    found: dict[str, Floats] = {}
    for rnn in ("encoder.rnn_encoder", "decoder.rnn_decoder"):
        for i in range(2):
            for kind, array in (("weight", weight), ("bias", bias)):
                found[f"head.sar_head.{rnn}.{kind}_ih_l{i}"] = array
                found[f"head.sar_head.{rnn}.{i}.cell.{kind}_ih"] = array
    found["head.sar_head.decoder.embedding.weight"] = weight
    return found


def distilled(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    """Two networks in one archive; the teacher's tensors are the student's, times 2."""
    one = {**nested(arrays), **attention_head()}
    teacher = {f"Teacher.{name}": array * np.float32(2) for name, array in one.items()}
    return {**teacher, **{f"Student.{name}": array for name, array in one.items()}}


def pdparams(arrays: Mapping[str, Any], *, protocol: int = 4, numpy1: bool = False) -> bytes:
    """A ``.pdparams`` file's bytes.

    Args:
        arrays: name to array.
        protocol: of the pickle; 2 in old releases of Paddle.
        numpy1: name NumPy's modules as NumPy 1 does.
    """
    names = {name: f"tensor_{i}.w_0" for i, name in enumerate(arrays)}
    data = pickle.dumps({**arrays, STRUCTURED: names}, protocol=protocol)
    if numpy1 and protocol == 2:
        return data.replace(b"cnumpy._core.", b"cnumpy.core.")
    if numpy1:
        [length] = struct.unpack_from(
            "<Q", data, 3
        )  # of the first frame, in which the name is one byte shorter
        data = data[:3] + struct.pack("<Q", length - 1) + data[11:]
        return data.replace(b"\x8c\x16numpy._core.multiarray", b"\x8c\x15numpy.core.multiarray")
    return data


def pdiparams(arrays: Mapping[str, Floats], version: int) -> bytes:
    """An ``inference.pdiparams`` file's bytes for the program of ``version`` (0: Paddle 2.6, 1: 3.2)."""
    named = {NAMES[name][version]: array for name, array in arrays.items()}
    return b"".join(record(named[name]) for name in sorted(named))


def record(array: Floats) -> bytes:
    """One float32 parameter: versions and levels, description, numbers."""
    description = field_varint(1, 5) + b"".join(field_varint(2, size) for size in array.shape)
    return bytes(16) + struct.pack("<i", len(description)) + description + array.astype("<f4").tobytes()


def program(version: int) -> bytes:
    """The real program of ``version``."""
    return gzip.decompress((PROGRAMS / ("paddle26.pdmodel.gz", "paddle32.json.gz")[version]).read_bytes())


def export(folder: Path, arrays: Mapping[str, Floats], version: int) -> Path:
    """A folder with an exported program and its parameters."""
    folder.mkdir(exist_ok=True)
    (folder / ("inference.pdmodel", "inference.json")[version]).write_bytes(program(version))
    (folder / "inference.pdiparams").write_bytes(pdiparams(arrays, version))
    return folder
