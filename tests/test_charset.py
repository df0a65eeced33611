"""The charset: what may be written and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouxie.charset import BLANK, Charset
from shouxie.errors import InputError, UsageError
from shouxie.weights.model import load_model


@given(st.lists(st.characters(), min_size=1, max_size=50, unique=True), st.data())
def test_encode_and_decode_are_inverse(characters: list[str], data: st.DataObject) -> None:
    charset = Charset(characters)
    text = "".join(data.draw(st.lists(st.sampled_from(characters))))
    ids = charset.encode(text)
    assert BLANK not in ids
    assert charset.decode(ids) == text
    assert charset.classes == len(characters) + 1


def test_the_charset_in_the_box_is_paddleocrs() -> None:
    charset = load_model("ppocrv3").charset
    assert charset.classes == 6625
    assert charset.characters[0] == "'"
    assert charset.characters[-2:] == ("\u61ee", " ")
    assert "\u3000" in charset
    assert charset.missing("毖恫刽豢耪誊檄诌") == list("毖恫刽豢耪誊檄诌")


def test_a_character_outside_is_an_error_and_never_dropped() -> None:
    with pytest.raises(UsageError, match="龘 x"):
        Charset("你好").encode("你龘好x龘")


@pytest.mark.parametrize(
    ("characters", "fault"), [("", "at least one"), ("aba", "'a'"), (["a", ""], "empty")]
)
def test_broken_charsets_are_refused(characters: str, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        Charset(characters)


def test_paddle_dictionaries_keep_spaces_and_strange_lines(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_bytes("\ufeff你\r\n\u3000\r\n\u2028\n好".encode())
    assert Charset.from_paddle_dict(path).characters == ("你", "\u3000", "\u2028", "好", " ")
    assert Charset.from_paddle_dict(path, space=False).characters[-1] == "好"
    path.write_bytes("你\n\n好\n".encode())
    with pytest.raises(InputError, match=r"keys\.txt:2: empty line"):
        Charset.from_paddle_dict(path)
    path.write_bytes("你".encode("gbk"))
    with pytest.raises(InputError, match="UTF-8"):
        Charset.from_paddle_dict(path)
