"""Draw the line pictures of samples/ with handwriting fonts (SIL Open Font License 1.1).

    npm pack @fontsource/ma-shan-zheng @fontsource/zhi-mang-xing @fontsource/long-cang \\
             @fontsource/liu-jian-mao-cao
    for f in fontsource-*.tgz; do mkdir -p fonts/$f && tar xzf $f -C fonts/$f; done
    pip install fonttools brotli
    python recipes/samples.py fonts

The fonts stay outside the repository. Each character is turned, scaled and shifted a little, the line wanders
and leans, ink and paper differ from picture to picture. The same fonts give the same pictures.
"""

from __future__ import annotations

import argparse
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from shouxie.data.labels import write_labels

SAMPLES = Path(__file__).parent.parent / "samples"

Floats = NDArray[np.float32]
Colour = tuple[int, int, int]
Finish = Callable[[Floats, np.random.Generator], Floats]
BLUE, BLACK, GREY, RED, CHALK = (34, 52, 140), (30, 30, 34), (92, 92, 96), (176, 40, 36), (236, 234, 222)
WHITE, CREAM, BOARD = (250, 250, 248), (243, 236, 216), (38, 66, 54)


@dataclass(frozen=True)
class Look:
    """How a line is written and what becomes of it.

    Attributes:
        name: the picture's file name.
        text: what is written.
        font: the font's name in its package.
        size: height of a character, in pixels.
        ink, paper: RGB.
        rule: "" for plain paper, "lines" or "squares".
        slant: horizontal shift per pixel of height.
        wander: how far the baseline strays, in parts of the size.
        unevenness: spread of spacing and size from character to character.
        weight: strokes made wider (above 0) or thinner (below 0), in pixels.
        grain: how much of the ink is missing, as with pencil or chalk.
        finish: what happens to the finished sheet.
        mode: Pillow mode of the file: RGB, L, 1, I;16 or RGBA.
    """

    name: str
    text: str
    font: str
    size: int = 64
    ink: Colour = BLACK
    paper: Colour = WHITE
    rule: str = ""
    slant: float = 0.0
    wander: float = 0.04
    unevenness: float = 0.06
    weight: int = 0
    grain: float = 0.0
    finish: Finish | None = None
    mode: str = "RGB"


@lru_cache
def unpacked(fonts: Path, name: str) -> tuple[dict[int, str], bytes]:
    """A web font's characters, and the font as TrueType."""
    [path] = sorted(fonts.rglob(f"{name}-400-normal.woff2"))[:1]
    font = TTFont(path)
    font.flavor = None
    plain = io.BytesIO()
    font.save(plain)
    return font.getBestCmap(), plain.getvalue()


class Pen:
    """Writes single characters with a font."""

    def __init__(self, fonts: Path, name: str, size: int) -> None:
        self._faces = [
            (cmap, ImageFont.truetype(io.BytesIO(data), size))
            for cmap, data in (unpacked(fonts, f"{name}-{part}") for part in ("chinese-simplified", "latin"))
        ]

    def glyph(self, character: str) -> tuple[Image.Image, float]:
        """The character on a square of three times its size, and how far the pen moves on."""
        face = next((face for cmap, face in self._faces if ord(character) in cmap), None)
        if face is None:
            raise SystemExit(f"the fonts have no {character}")
        side = int(face.size) * 3
        square = Image.new("L", (side, side))
        ImageDraw.Draw(square).text((side // 3, side * 0.6), character, 255, face, "ls")
        return square, face.getlength(character)


def write(look: Look, pen: Pen, rng: np.random.Generator) -> Floats:
    """The ink of a line: (H, W), 0 to 1."""
    size, spread = look.size, look.unevenness
    width = int(size * (1.3 * len(look.text) + 2))
    canvas = Image.new("L", (width, size * 4))
    at, drift = size * 0.9, 0.0
    for character in look.text:
        square, advance = pen.glyph(character)
        scale = float(np.clip(rng.normal(1, spread), 0.8, 1.2))
        drift = 0.8 * drift + rng.normal(0, look.wander * size)
        side = round(square.width * scale)
        turned = square.resize((side, side), Image.Resampling.BICUBIC).rotate(
            rng.normal(0, 30 * spread), Image.Resampling.BICUBIC
        )
        if look.rule == "squares":
            left, advance = at + (size * 1.2 - advance * scale) / 2 + rng.normal(0, 1), size * 1.2
        else:
            left, advance = at, advance * scale + max(rng.normal(0.04, spread), -0.06) * size
        corner = (round(left - side / 3), round(size * 2.35 - side * 0.6 + drift))
        canvas.paste(255, (*corner, corner[0] + side, corner[1] + side), turned)
        at += advance
    ink = np.asarray(canvas.crop((0, 0, int(at + size * 0.5), canvas.height)), np.float32) / 255
    lean = np.array([[1, look.slant, -look.slant * 2 * size], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(ink, lean, (ink.shape[1], ink.shape[0])), np.float32)


def stroke(ink: Floats, look: Look, rng: np.random.Generator) -> Floats:
    """Strokes wider or thinner, pressed harder here than there, with gaps as chalk and pencil leave them."""
    if look.weight:
        change = cv2.dilate if look.weight > 0 else cv2.erode
        ink = np.asarray(change(ink, np.ones((2, 2), np.uint8), iterations=abs(look.weight)), np.float32)
    pressure = cv2.resize(rng.uniform(0.8, 1.0, (2, 12)).astype(np.float32), ink.shape[::-1])
    grain = cv2.GaussianBlur(rng.uniform(0, 1, ink.shape).astype(np.float32), (0, 0), 0.7)
    return ink * pressure * (1 - look.grain * (grain < 0.5).astype(np.float32))


def sheet(look: Look, ink: Floats, rng: np.random.Generator) -> Floats:
    """Ink on paper, cut out as a line: (H, W, 3) RGB, 0 to 255."""
    height, width = ink.shape
    fibre = cv2.GaussianBlur(rng.normal(0, 6, ink.shape).astype(np.float32), (0, 0), 1.2)
    paper = np.array(look.paper, np.float32) + fibre[:, :, None]
    rows = np.flatnonzero(ink.max(axis=1) > 0.3)
    if look.rule:
        paler = np.array((150, 176, 196) if look.rule == "lines" else (120, 178, 132), np.float32)
        below = round(look.size * 2.35 + look.size * 0.3)
        step = round(look.size * 1.2)
        marks = range(below % (2 * step), height, 2 * step) if look.rule == "lines" else (below - step, below)
        for y in marks:
            paper[y : y + 2] = paler
        if look.rule == "squares":
            for x in np.arange(look.size * 0.9, width, look.size * 1.2).round().astype(int):
                paper[below - step : below, x : x + 2] = paler
    page = paper * (1 - ink[:, :, None]) + np.array(look.ink, np.float32) * ink[:, :, None]
    margin = look.size // 5
    return page[max(0, rows[0] - margin) : rows[-1] + margin]


def photo(page: Floats, rng: np.random.Generator, *, depth: float = 0.05, blur: float = 0.8) -> Floats:
    """As a phone sees it: askew, one side in shadow, a little soft, noisy."""
    h, w = page.shape[:2]
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    moved = corners + rng.uniform(-depth, depth, (4, 2)).astype(np.float32) * np.float32(h)
    moved[:, 1] += np.array([0, depth, depth, 0], np.float32) * h * 2
    turn = cv2.getPerspectiveTransform(corners, moved)
    page = np.asarray(cv2.warpPerspective(page, turn, (w, h), borderMode=cv2.BORDER_REPLICATE), np.float32)
    light = cv2.resize(
        np.array([[0.95, 0.8, 0.55], [1.0, 0.9, 0.7]], np.float32), (w, h), interpolation=cv2.INTER_CUBIC
    )
    soft = cv2.GaussianBlur(page * light[:, :, None], (0, 0), blur)
    return np.asarray(soft * (1.0, 0.97, 0.9) + rng.normal(0, 6, page.shape), np.float32)


def faint(page: Floats, rng: np.random.Generator) -> Floats:
    """A pale scan: little contrast, grey ground."""
    return 150 + (page - 150) * np.float32(0.45) + rng.normal(0, 2, page.shape).astype(np.float32)


LOOKS = (
    Look(
        "letter.png", "妈妈，我在学校一切都好，请您放心。", "ma-shan-zheng", ink=BLUE, paper=CREAM, slant=0.08
    ),
    Look("diary.jpg", "今天下了一整天的雨，我们在教室里看书。", "long-cang", rule="lines", weight=1, size=56),
    Look(
        "essay.png",
        "春天来了，公园里的花都开了。",
        "ma-shan-zheng",
        rule="squares",
        ink=GREY,
        grain=0.5,
        size=52,
    ),
    Look(
        "shopping.jpg", "鸡蛋10个、牛奶2盒、西红柿3斤", "zhi-mang-xing", ink=BLUE, paper=CREAM, finish=photo
    ),
    Look("form.png", "姓名：李文华 学号：20260318", "ma-shan-zheng", unevenness=0.03, mode="1"),
    Look(
        "board.jpg",
        "明天上午九点开会，请大家参加",
        "long-cang",
        ink=CHALK,
        paper=BOARD,
        weight=1,
        grain=0.6,
        size=88,
    ),
    Look("receipt.jpg", "2026年3月18日，收到书款256.80元", "ma-shan-zheng", size=44, wander=0.06, mode="L"),
    Look(
        "long.png",
        "爷爷常说，年轻的时候家里没有电灯，晚上就着月光写字，一本旧字典用了十几年也舍不得扔。",
        "ma-shan-zheng",
        size=48,
        mode="L",
    ),
    Look("short.jpg", "谢谢！", "zhi-mang-xing", size=120, ink=RED, slant=0.15, weight=1),
    Look(
        "mixed.jpg",
        "周五前把PPT发到我的Email，共12页",
        "ma-shan-zheng",
        ink=BLUE,
        finish=partial(photo, depth=0.06),
    ),
    Look("grey16.png", "请假条：因感冒发烧，需要休息两天。", "long-cang", size=52, finish=faint, mode="I;16"),
    Look(
        "transparent.png",
        "祝你生日快乐，天天开心！",
        "ma-shan-zheng",
        ink=RED,
        size=60,
        slant=-0.1,
        mode="RGBA",
    ),
    Look("small.png", "买了三张去北京的火车票", "ma-shan-zheng", size=24, wander=0.02, mode="L"),
    Look("cursive.jpg", "今早小雨，下午放晴", "liu-jian-mao-cao", size=96, weight=1),
)


def save(look: Look, page: Floats, ink: Floats, path: Path) -> None:
    """Write the picture in its mode."""
    pixels = np.clip(page, 0, 255)
    grey = pixels @ np.array((0.299, 0.587, 0.114), np.float32)
    if look.mode == "RGBA":
        colour = np.broadcast_to(np.array(look.ink, np.uint8), (*ink.shape, 3))
        image = Image.fromarray(np.dstack([colour, (ink * 255).astype(np.uint8)]))
        image = image.crop(image.getbbox())
    elif look.mode == "I;16":
        image = Image.fromarray((grey * 257).astype(np.uint16))
    elif look.mode == "1":
        image = Image.fromarray(((grey > 140) * 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)
    else:
        image = Image.fromarray(pixels.astype(np.uint8)).convert(look.mode)
    if path.suffix == ".jpg":
        image.save(path, quality=72, optimize=True)
    else:
        image.save(path, optimize=True)


def main() -> None:
    """Draw every picture and write samples/labels.tsv."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fonts", type=Path, help="folder with the unpacked font packages")
    fonts = parser.parse_args().fonts
    SAMPLES.mkdir(exist_ok=True)
    for look in LOOKS:
        rng = np.random.default_rng(zlib.crc32(look.name.encode()))
        ink = stroke(write(look, Pen(fonts, look.font, look.size), rng), look, rng)
        page = sheet(look, ink, rng)
        if look.finish is not None:
            page = look.finish(page, rng)
        save(look, page, ink, SAMPLES / look.name)
        print(f"{look.name}: {(SAMPLES / look.name).stat().st_size} bytes")
    write_labels(SAMPLES / "labels.tsv", [(look.name, look.text) for look in LOOKS])


if __name__ == "__main__":
    main()
