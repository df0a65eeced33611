"""A contact sheet: pictures with their labels under them, to look at data before training."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from shouxie.data.labels import Sample
from shouxie.errors import ImageError
from shouxie.image import HEIGHT, load

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Keep = Callable[[Sample], bool]

SHEET_WIDTH = 1640
MAX_CELL = 800
MIN_CELL = 120
GAP = 8
TEXT_SIZE = 20
RED = (200, 0, 0)


@dataclass(frozen=True)
class _Cell:
    """A picture fitted to a cell (None if it cannot be read), what is wrong, its text and its place."""

    picture: Image.Image | None
    fault: str
    text: str
    place: str


def draw(samples: Sequence[Sample], *, count: int, seed: int, keep: Keep | None = None) -> list[Sample]:
    """``count`` samples by chance, the same for the same ``seed``, in their order; all if there are fewer.

    Args:
        samples: to choose from.
        count: how many.
        seed: of the choice.
        keep: only samples that it says yes to.
    """
    wanted = [s for s in samples if keep is None or keep(s)]
    chosen = random.Random(seed).sample(range(len(wanted)), min(count, len(wanted)))
    return [wanted[i] for i in sorted(chosen)]


def sheet(samples: Sequence[Sample], *, font: Font | None = None) -> Image.Image:
    """Pictures at the network's height, in columns, each with its file and line and its text.

    A picture that cannot be read is a red cell with the reason; an empty text says so in red.

    Args:
        samples: the first picture of each is shown.
        font: for the texts; the package's own if not given.
    """
    if font is None:
        from shouxie.show import font as own

        font = own(TEXT_SIZE)
    cells = [_cell(sample) for sample in samples]
    widest = max((c.picture.width if c.picture else MAX_CELL // 2 for c in cells), default=MIN_CELL)
    width = min(MAX_CELL, max(MIN_CELL, widest))
    columns = max(1, (SHEET_WIDTH - GAP) // (width + GAP))
    drawn = [_draw_cell(cell, width, font) for cell in cells]
    rows = [drawn[i : i + columns] for i in range(0, len(drawn), columns)]
    heights = [max(cell.height for cell in row) for row in rows]
    size = (GAP + min(columns, max(1, len(drawn))) * (width + GAP), GAP + sum(h + GAP for h in heights))
    page = Image.new("RGB", size, (225, 225, 225))
    top = GAP
    for row, height in zip(rows, heights, strict=True):
        for column, cell in enumerate(row):
            page.paste(cell, (GAP + column * (width + GAP), top))
        top += height + GAP
    return page


def _cell(sample: Sample) -> _Cell:
    place = f"{sample.source.name}:{sample.line}"
    try:
        pixels = load(sample.paths[0])
    except ImageError as error:
        return _Cell(None, error.fault, sample.text, place)
    height, width = pixels.shape[:2]
    scale = min(HEIGHT / height, MAX_CELL / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    fitted = Image.fromarray(pixels[:, :, ::-1]).resize(size, Image.Resampling.BILINEAR)
    return _Cell(fitted, "" if sample.text else "(empty)", sample.text, place)


def _draw_cell(cell: _Cell, width: int, font: Font) -> Image.Image:
    parts = ((cell.fault, RED), (cell.text, (0, 0, 0)), (cell.place, (120, 120, 120)))
    lines = [(line, colour) for part, colour in parts if part for line in wrap(part, width - 8, font)]
    line_height = round(font.getbbox("国Ag")[3]) + 4
    image = Image.new("RGB", (width, HEIGHT + 4 + line_height * len(lines)), "white")
    pen = ImageDraw.Draw(image)
    if cell.picture is None:
        pen.rectangle((0, 0, width - 1, HEIGHT - 1), fill=RED)
    else:
        image.paste(cell.picture, (0, 0))
    for i, (line, colour) in enumerate(lines):
        pen.text((4, HEIGHT + 2 + i * line_height), line, fill=colour, font=font)
    return image


def wrap(text: str, width: float, font: Font) -> list[str]:
    """Break a text into lines of at most ``width`` pixels, anywhere, as Chinese may be; nothing is lost.

    Characters that would move the pen elsewhere (line breaks, controls) are drawn as ``U+FFFD``.
    """
    lines = [""]
    for character in (c if c.isprintable() or c == "\u3000" else "\ufffd" for c in text):
        if lines[-1] and font.getlength(lines[-1] + character) > width:
            lines.append("")
        lines[-1] += character
    return lines
