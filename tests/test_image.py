"""A picture in any common form becomes the same network input."""

from __future__ import annotations

import io
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from shouxie.errors import ImageError, UsageError
from shouxie.image import HEIGHT, MAX_WIDTH, fit, load, loads, normalise, picture
from tests.drawing import line


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@pytest.fixture
def grey() -> np.ndarray:
    return cv2.cvtColor(line("手写"), cv2.COLOR_BGR2GRAY)


def test_every_mode_of_the_same_picture_is_the_same(grey: np.ndarray) -> None:
    want = np.repeat(grey[:, :, None], 3, axis=2)
    image = Image.fromarray(grey)
    sixteen = Image.fromarray(grey.astype(np.uint16) * 257)
    rgba = image.convert("RGBA")
    forms = {
        "L png": encoded(image, "PNG"),
        "RGB png": encoded(image.convert("RGB"), "PNG"),
        "RGBA png": encoded(rgba, "PNG"),
        "LA png": encoded(image.convert("LA"), "PNG"),
        "16 bit png": encoded(sixteen, "PNG"),
        "16 bit tiff": encoded(sixteen, "TIFF"),
        "palette png": encoded(image.convert("P"), "PNG"),
        "bmp": encoded(image, "BMP"),
        "tiff": encoded(image, "TIFF"),
        "lossless webp": encoded(image.convert("RGB"), "WEBP", lossless=True),
        "gif": encoded(image, "GIF"),
        "ppm": encoded(image.convert("RGB"), "PPM"),
    }
    for name, data in forms.items():
        assert np.array_equal(loads(data), want), name
    arrays = {
        "grey": grey,
        "one channel": grey[:, :, None],
        "BGR": want,
        "BGRA": np.dstack([want, np.full_like(grey, 255)]),
        "16 bit": grey.astype(np.uint16) * 257,
        "float 0-1": grey.astype(np.float64) / 255,
        "float 0-255": grey.astype(np.float32),
        "strided": np.repeat(np.repeat(want, 2, 0), 2, 1)[::2, ::2],
    }
    for name, array in arrays.items():
        assert np.array_equal(picture(array), want), name
    assert np.array_equal(picture(image), want)


def test_cmyk_and_bitonal_keep_dark_on_light(grey: np.ndarray) -> None:
    image = Image.fromarray(grey)
    cmyk = loads(encoded(image.convert("CMYK"), "TIFF"))
    assert np.abs(cmyk.astype(int) - grey[:, :, None]).max() <= 1
    bitonal = loads(encoded(image.convert("1", dither=Image.Dither.NONE), "PNG"))
    assert set(np.unique(bitonal)) == {0, 255}
    assert np.array_equal(bitonal[:, :, 0] > 0, grey > 127)


@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_rotation_is_applied(turn: int) -> None:
    upright = line("写")
    image = Image.fromarray(upright[:, :, ::-1])
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[turn]
    stored = image if back is None else image.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = turn
    assert np.array_equal(loads(encoded(stored, "PNG", exif=exif.tobytes())), upright)


def test_transparent_ink_is_laid_on_a_ground_it_stands_out_from(grey: np.ndarray) -> None:
    alpha = 255 - grey
    for ink, ground in ((0, 255), (255, 0)):
        rgba = np.dstack([np.full_like(grey, ink)] * 3 + [alpha])
        flat = loads(encoded(Image.fromarray(rgba, "RGBA"), "PNG"))
        want = grey if ground == 255 else 255 - grey
        assert np.abs(flat[:, :, 0].astype(int) - want).max() <= 1


@pytest.mark.parametrize(
    ("shape", "width"), [((1, 5), 240), ((48, 48), 48), ((60, 1000), 800), ((37, 20), 26), ((500, 1), 1)]
)
def test_fit_keeps_the_aspect_ratio(shape: tuple[int, int], width: int) -> None:
    fitted = fit(np.zeros((*shape, 3), np.uint8))
    assert fitted.pixels.shape == (HEIGHT, width, 3)
    assert fitted.width == math.ceil(HEIGHT * shape[1] / shape[0])


def test_long_lines_are_not_squeezed() -> None:
    """PaddleOCR squeezes lines into 320 px in training and evaluation; here the aspect ratio always holds."""
    assert fit(np.zeros((48, 2480, 3), np.uint8)).width == 2480
    assert fit(np.zeros((96, 20_000, 3), np.uint8)).width == 10_000
    assert fit(np.zeros((1, 20_000, 3), np.uint8)).width == MAX_WIDTH


def test_normalise_pads_with_mid_grey() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 70, 3), dtype=np.uint8)
    out = np.full((3, 48, 320), np.nan, np.float32)
    normalise(pixels, out)
    assert np.allclose(out[:, :, :70], (pixels.transpose(2, 0, 1) / 255 - 0.5) / 0.5, atol=1e-6)
    assert (out[:, :, 70:] == 0).all()


def test_bad_files_are_named(tmp_path: Path, grey: np.ndarray) -> None:
    whole = encoded(Image.fromarray(grey), "PNG")
    for name, data in {"empty": b"", "text": b"hello", "cut": whole[: len(whole) // 2]}.items():
        path = tmp_path / f"{name}.png"
        path.write_bytes(data)
        with pytest.raises(ImageError, match=name):
            load(path)
    with pytest.raises(ImageError, match=r"missing\.png"):
        load(tmp_path / "missing.png")
    with pytest.raises(ImageError, match=str(tmp_path)):
        load(tmp_path)


def test_a_decompression_bomb_is_refused() -> None:
    bomb = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(ImageError, match="limit"):
        loads(bomb)


@pytest.mark.parametrize("shape", [(0, 5), (5,), (4, 4, 2), (4, 4, 5), (1, 2, 3, 4)])
def test_arrays_that_are_no_pictures_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="no picture"):
        picture(np.zeros(shape, np.uint8))
