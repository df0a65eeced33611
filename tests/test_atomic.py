"""A file is there whole, or what stood there before is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from shouxie.atomic import growing, writing
from shouxie.errors import OutputError


def test_writing_replaces_only_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with writing(path) as file:
        file.write(b"first")
        assert not path.exists()
    with pytest.raises(KeyboardInterrupt), writing(path) as file:  # noqa: PT012
        file.write(b"second")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"first"
    assert list(path.parent.iterdir()) == [path]
    with writing(path, "w") as file:
        file.write("三\n")
    assert path.read_bytes() == "三\n".encode()


def test_growing_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), growing(path) as file:  # noqa: PT012
        file.write("new\n")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert Path(f"{path}.part").read_text() == "new\n"
    with growing(path) as file:
        file.write("newer\n")
    assert path.read_text() == "newer\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("open_file", [writing, growing])
def test_what_cannot_be_written_is_named(tmp_path: Path, open_file: object) -> None:
    (tmp_path / "file").write_text("a file where a folder is due")
    for path in (tmp_path / "file" / "below", tmp_path):
        with pytest.raises(OutputError, match=str(path)), open_file(path):  # type: ignore[operator]
            pass
    assert (tmp_path / "file").read_text() == "a file where a folder is due"
