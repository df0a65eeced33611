"""Cut the font in the package out of Noto Sans CJK SC (SIL Open Font License 1.1).

    apt-get install fonts-noto-cjk
    pip install fonttools
    python recipes/font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

Kept: every character of the models in the box, GB 2312, Latin, Greek, Cyrillic, kana, punctuation, full-width
forms, circled numbers and common symbols. Hinting and layout tables are left out. About 4 MB.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from shouxie.show import FONT
from shouxie.weights.model import box_names, load_model

RANGES = (
    (0x20, 0x17F),
    (0x370, 0x3FF),
    (0x400, 0x45F),
    (0x2010, 0x205E),
    (0x2070, 0x20BF),
    (0x2100, 0x22FF),
    (0x2460, 0x25FF),
    (0x2600, 0x2667),
    (0x3000, 0x30FF),
    (0x3220, 0x33FF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
)
SIMPLIFIED = 2
"""Number of the SC face in the collection."""


def wanted() -> set[int]:
    """Code points to keep."""
    points = {point for first, last in RANGES for point in range(first, last + 1)}
    points |= {ord(c) for name in box_names() for entry in load_model(name).card.charset for c in entry}
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            points |= {ord(c) for c in bytes((row, cell)).decode("gb2312", "ignore")}
    return points | {0xFFFD}


def main() -> None:
    """Write the font."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collection", type=Path, help="NotoSansCJK-Regular.ttc")
    source = TTFont(parser.parse_args().collection, fontNumber=SIMPLIFIED)
    options = subset.Options()
    options.hinting = False
    options.desubroutinize = False
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["VORG", "vhea", "vmtx", "DSIG"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted())
    cutter.subset(source)
    for record in source["name"].names:
        if record.nameID in (1, 4, 6):
            record.string = "ShouxieSans" if record.nameID == 6 else "Shouxie Sans"
    FONT.parent.mkdir(parents=True, exist_ok=True)
    source.save(FONT)
    print(f"{FONT}: {FONT.stat().st_size} bytes, {source['maxp'].numGlyphs} glyphs")


if __name__ == "__main__":
    main()
