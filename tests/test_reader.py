"""The Reader: order, neighbours, errors, long and odd pictures, boxes."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import shouxie
from shouxie.errors import ImageError, ModelError, UsageError
from shouxie.image import Picture
from shouxie.reader import FIRST_LINES, HELD_LINES, Reader
from tests.drawing import line

TEXTS = ["今天天气很好", "我们去公园散步", "请在此处签名", "数学语文英语", "二〇二六年", "A4纸12张"]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(precision="fp32")


def test_the_one_liner(tmp_path: Path) -> None:
    path = tmp_path / "line.png"
    Image.fromarray(line("今天天气很好")[:, :, ::-1]).save(path)
    assert shouxie.read(path).text == shouxie.read(str(path)).text == "今天天气很好"
    assert shouxie.read(path).path == str(path)


def test_output_order_is_input_order(reader: Reader) -> None:
    many = [TEXTS[i % len(TEXTS)] * (1 + i % 3) for i in range(40)]
    assert [r.text for r in reader.read(line(t) for t in many)] == many


def test_a_result_depends_on_the_picture_alone(reader: Reader) -> None:
    rng = np.random.default_rng(3)
    noisy = [np.clip(line(t * n) + rng.normal(0, 40, (56, 1, 1)), 0, 255) for t in TEXTS for n in (1, 2, 4)]
    pictures: list[Picture] = [p.astype(np.uint8) for p in noisy]
    alone = [next(reader.read(p)) for p in pictures]
    shuffled = rng.permutation(len(pictures))
    for size in (1, 3, 32):
        other = Reader(reader.model, precision="fp32", batch_size=size)
        together = list(other.read([pictures[i] for i in shuffled]))
        for i, reading in zip(shuffled, together, strict=True):
            assert reading.text == alone[i].text
            assert reading.confidence == pytest.approx(alone[i].confidence, abs=1e-5)
            assert [c.box for c in reading.characters] == [c.box for c in alone[i].characters]


def test_any_number_of_threads_reads_the_same(reader: Reader) -> None:
    pictures = [line(t) for t in TEXTS]
    want = [r.text for r in reader.read(pictures)]
    for threads in (1, 3):
        assert [
            r.text for r in Reader(reader.model, precision="fp32", threads=threads).read(pictures)
        ] == want


def test_reading_is_lazy_and_holds_a_bounded_number(reader: Reader) -> None:
    taken = 0

    def endless() -> Iterator[Picture]:
        nonlocal taken
        picture = line("好")
        while True:
            taken += 1
            yield picture

    readings = reader.read(endless())
    assert isinstance(readings, Generator)
    assert next(readings).text == "好"
    assert taken <= FIRST_LINES + HELD_LINES + FIRST_LINES + 1
    readings.close()
    assert threading.active_count() < 20


def test_a_bad_picture_costs_only_itself(reader: Reader, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.fromarray(line("今天")[:, :, ::-1]).save(good)
    bad.write_bytes(b"")
    readings = list(reader.read([good, bad, good], on_error="keep"))
    assert [r.text for r in readings] == ["今天", "", "今天"]
    assert isinstance(readings[1].error, ImageError)
    assert (readings[1].path, readings[1].confidence) == (str(bad), 0.0)
    strict = reader.read([good, bad, good])
    assert next(strict).text == "今天"
    with pytest.raises(ImageError, match=r"bad\.png"):
        next(strict)


def test_light_ink_on_dark_ground_is_read(reader: Reader) -> None:
    for text in TEXTS:
        assert next(reader.read(line(text, ink=230, ground=30))).text == text


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (48, 1), (2000, 3), (3, 20_000), (64, 20_000)])
def test_odd_shapes_are_read_without_fuss(reader: Reader, shape: tuple[int, int]) -> None:
    reading = next(reader.read(np.full((*shape, 3), 255, np.uint8)))
    assert reading.error is None
    assert 0 <= reading.confidence <= 1


def test_a_very_long_line_is_read_whole(reader: Reader) -> None:
    """Forty times the 25 characters at which PaddleOCR's training and evaluation stop."""
    text = "今天天气很好我们去公园散步请在此处签名数学语文英语" * 20
    picture = line(text)
    assert picture.shape[1] > 18_000
    reading = next(reader.read(picture))
    assert len(text) == 500
    edits = sum(a != b for a, b in zip(reading.text, text, strict=False)) + abs(len(reading.text) - len(text))
    assert edits <= 5


def test_boxes_stand_where_the_characters_stand(reader: Reader) -> None:
    text = "今天天气很好我们去公园"
    picture = line(text)
    reading = next(reader.read(picture))
    assert reading.text == text
    for i, character in enumerate(reading.characters):
        centre = 8 + 40 * (i + 0.5)
        assert character.box.left < centre < character.box.right
        assert (character.box.left + character.box.right) / 2 == pytest.approx(centre, abs=14)
        assert (character.box.top, character.box.bottom) == (0, 56)
    double = next(reader.read(np.repeat(np.repeat(picture, 2, 0), 2, 1)))
    for small, large in zip(reading.characters, double.characters, strict=True):
        assert np.allclose(np.array(small.box) * 2, large.box, atol=8)


def test_confidence_is_the_mean_of_the_characters(reader: Reader) -> None:
    reading = next(reader.read(line(TEXTS[0])))
    mean = sum(c.confidence for c in reading.characters) / len(reading.characters)
    assert reading.confidence == pytest.approx(mean)
    assert "".join(c.text for c in reading.characters) == reading.text
    assert next(reader.read(np.full((48, 400, 3), 255, np.uint8))).confidence == 0.0


def test_alternatives_do_not_change_the_reading(reader: Reader) -> None:
    pictures = [line(t) for t in TEXTS]
    more = Reader(reader.model, precision="fp32", alternatives=3)
    for plain, rich in zip(reader.read(pictures), more.read(pictures), strict=True):
        assert plain.text == rich.text
        assert plain.confidence == pytest.approx(rich.confidence, abs=1e-6)
        for character in rich.characters:
            assert 1 <= len(character.alternatives) <= 3
            found = [a.confidence for a in character.alternatives]
            assert found == sorted(found, reverse=True)
            assert character.confidence >= found[0]
            assert character.text not in [a.text for a in character.alternatives]


def test_wrong_calls_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ppocrv3"):
        Reader("nothing")
    with pytest.raises(UsageError, match="openvino"):
        Reader(runtime="onnx")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="fp32"):
        Reader(precision="int8")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="at least 1"):
        Reader(batch_size=0)
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        Reader(path)


def test_a_buffer_may_be_used_again(reader: Reader) -> None:
    """Pictures from memory are taken at once: what their owner does with the memory later changes nothing."""
    texts = ["今天天气很好", "数学语文英语"]
    pictures = [line(t, size=32) for t in texts]
    assert pictures[0].shape == pictures[1].shape == (48, *pictures[0].shape[1:])

    def reused() -> Iterator[Picture]:
        buffer = np.empty_like(pictures[0])
        for i in range(6):
            buffer[:] = pictures[i % 2]
            yield buffer

    assert [r.text for r in reader.read(reused())] == texts * 3


def test_whatever_cannot_be_read_is_kept_as_an_error(reader: Reader, tmp_path: Path) -> None:
    Image.fromarray(line("今天")[:, :, ::-1]).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    with Image.open(tmp_path / "cut.png") as cut:
        sources = [cut, None, 5, b"abc", "a\0b", np.array([["x"]]), tmp_path / "a.png"]
        readings = list(reader.read(sources, on_error="keep"))  # type: ignore[arg-type]
    assert [r.error is None for r in readings] == [False] * 6 + [True]
    assert readings[-1].text == "今天"
