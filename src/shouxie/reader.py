"""Reader: pictures in, readings out, lazily and in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

import numpy as np
from PIL import Image

from shouxie.batching import Batch, batches, join
from shouxie.charset import Charset
from shouxie.decode.extent import extents
from shouxie.decode.greedy import Token, greedy
from shouxie.errors import ImageError, UsageError
from shouxie.image import LineImage, Source, fit, picture
from shouxie.net.graph import spec
from shouxie.reading import Alternative, Box, Character, Reading
from shouxie.runtime import Precision, RuntimeName
from shouxie.runtime.base import Frames, open_runtime
from shouxie.weights import DEFAULT
from shouxie.weights.model import Model, load_model

FIRST_LINES = 32
"""Lines that are held to begin with, so that the network starts early …"""
HELD_LINES = 128
"""… and then, to find batches of one width among them. While they are read, as many more are loaded."""
HELD_PIXELS = 1 << 20
"""The same as widths added up: bounds memory when lines are very long."""

Loaded: TypeAlias = "tuple[str, LineImage | Exception]"
Run: TypeAlias = "Future[tuple[Batch, Frames]]"
T = TypeVar("T")


class Reader:
    """Reads line pictures.

    Args:
        model: a name in the box, the path of a model file, or a loaded ``Model``.
        runtime: ``auto`` (OpenVINO), ``openvino``, ``onnxruntime`` or ``torch``.
        precision: ``auto``, ``fp32`` or ``bf16``; see ``shouxie.runtime.base.open_runtime``.
        alternatives: how many other readings to give for each character.
        batch_size: lines per call of the network, at most.
        threads: processor threads; all that this process may use when None.

    Raises:
        ModelError: the model cannot be loaded.
        UsageError: the runtime is not installed or cannot do what is asked.
    """

    def __init__(
        self,
        model: str | PathLike[str] | Model = DEFAULT,
        *,
        runtime: RuntimeName = "auto",
        precision: Precision = "auto",
        alternatives: int = 0,
        batch_size: int = 4,
        threads: int | None = None,
    ) -> None:
        if batch_size < 1 or alternatives < 0 or (threads is not None and threads < 1):
            raise UsageError("batch_size and threads are at least 1, alternatives at least 0")
        if not isinstance(model, Model):
            model = load_model(model if isinstance(model, str) else Path(model))
        self.model = model
        self.alternatives = alternatives
        self.batch_size = batch_size
        k = min(alternatives + 2, model.charset.classes) if alternatives else 1
        self.runtime = open_runtime(model, runtime, precision=precision, k=k, threads=threads)
        self._step = spec(model.card.network).step

    @property
    def charset(self) -> Charset:
        """The characters that the model can write."""
        return self.model.charset

    def read(
        self, sources: Source | Iterable[Source], *, on_error: Literal["raise", "keep"] = "raise"
    ) -> Generator[Reading]:
        """Read one picture or many.

        Args:
            sources: paths, BGR or grey arrays, Pillow images; one, or an iterable that may be endless.
            on_error: ``keep`` goes on past a picture that cannot be read and gives an empty ``Reading`` for
                it, whose ``error`` says why.

        Yields:
            One ``Reading`` a picture, in the order of the pictures. A few hundred pictures are loaded ahead.

        Raises:
            ImageError, UsageError: a picture cannot be read and ``on_error`` is ``raise``.
        """
        if isinstance(sources, (str, PathLike, np.ndarray, Image.Image)):
            sources = [sources]
        loading = ThreadPoolExecutor(max(2, self.runtime.parallel))
        running = ThreadPoolExecutor(self.runtime.parallel)
        try:
            loaded = _loaded(sources, loading)
            # One set of lines is run while the next is loaded, so that the network never waits.
            runs = _ahead_of(self._start(held, running) for held in _held(loaded))
            for held, futures in runs:
                for reading in self._finish(held, futures):
                    if reading.error is not None and on_error == "raise":
                        raise reading.error
                    yield reading
        finally:
            loading.shutdown(cancel_futures=True)
            running.shutdown(cancel_futures=True)

    def _start(self, held: list[Loaded], running: ThreadPoolExecutor) -> tuple[list[Loaded], list[Run]]:
        lines = [(i, line) for i, (_, line) in enumerate(held) if isinstance(line, LineImage)]
        least, parallel = self.model.card.min_width, self.runtime.parallel
        work = batches(lines, minimum=least, size=self.batch_size, parallel=parallel)
        return held, [running.submit(self._infer, batch) for batch in work]

    def _finish(self, held: list[Loaded], runs: list[Run]) -> Iterator[Reading]:
        parts: dict[int, dict[int, Frames]] = {}
        for run in runs:
            batch, frames = run.result()
            for n, row in enumerate(batch.rows):
                found = Frames(frames.probabilities[n], frames.ids[n])
                parts.setdefault(row.line, {})[row.window] = found
        for i, (path, line) in enumerate(held):
            if isinstance(line, Exception):
                yield Reading("", 0.0, path=path, error=line)
            else:
                windows = [parts[i][n] for n in sorted(parts[i])]
                yield replace(self.decode(join(windows, step=self._step), line), path=path)

    def _infer(self, batch: Batch) -> tuple[Batch, Frames]:
        return batch, self.runtime.infer(batch.array())

    def decode(self, frames: Frames, line: LineImage) -> Reading:
        """The reading of one line's frames (T, k)."""
        tokens = greedy(frames)
        height, width = line.size
        edges = extents(tokens, step=self._step * line.scale, width=width, height=height)
        characters = tuple(
            Character(
                self.charset.characters[token.id - 1],
                token.confidence,
                Box(left, 0.0, right, float(height)),
                self._alternatives(frames, token),
            )
            for token, (left, right) in zip(tokens, edges, strict=True)
        )
        confidence = sum(c.confidence for c in characters) / len(characters) if characters else 0.0
        return Reading("".join(c.text for c in characters), confidence, characters)

    def _alternatives(self, frames: Frames, token: Token) -> tuple[Alternative, ...]:
        others = zip(frames.ids[token.peak].tolist(), frames.probabilities[token.peak].tolist(), strict=True)
        found = [Alternative(self.charset.characters[i - 1], p) for i, p in others if i not in (0, token.id)]
        return tuple(found[: self.alternatives])


def _loaded(sources: Iterable[Source], pool: ThreadPoolExecutor) -> Iterator[Loaded]:
    """Sources prepared in order: files in the pool, ``FIRST_LINES`` ahead; what is in memory at once, since
    its owner may change or close it after."""
    waiting: deque[Future[Loaded]] = deque()
    for source in sources:
        if isinstance(source, (str, PathLike)):
            waiting.append(pool.submit(_prepare, source))
        else:
            done: Future[Loaded] = Future()
            done.set_result(_prepare(source))
            waiting.append(done)
        if len(waiting) >= FIRST_LINES:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _prepare(source: Source) -> Loaded:
    path = fspath(source) if isinstance(source, (str, PathLike)) else ""
    try:
        line = fit(picture(source))
        if not path and np.may_share_memory(line.pixels, np.asarray(source)):
            line = replace(line, pixels=line.pixels.copy())
        return path, line
    except (ImageError, UsageError) as error:
        return path, error


def _held(loaded: Iterator[Loaded]) -> Iterator[list[Loaded]]:
    """Lines in sets that are read together."""
    most, held, pixels = FIRST_LINES, [], 0
    for item in loaded:
        held.append(item)
        pixels += item[1].width if isinstance(item[1], LineImage) else 0
        if len(held) == most or pixels > HELD_PIXELS:
            yield held
            most, held, pixels = HELD_LINES, [], 0
    if held:
        yield held


def _ahead_of(items: Iterator[T]) -> Iterator[T]:
    """The same items; each is given out when the one after it has been made."""
    before: T | None = None
    for item in items:
        if before is not None:
            yield before
        before = item
    if before is not None:
        yield before
