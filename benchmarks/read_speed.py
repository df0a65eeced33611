"""Lines per second of shouxie on each runtime, beside RapidOCR with the same weights and with PP-OCRv6 small.

    pip install -e '.[bench]'
    pip install --no-deps rapidocr-onnxruntime==1.2.13 rapidocr==3.10.0
    python benchmarks/read_speed.py [LABELS.tsv] [--rounds 5] [--json FILE]

From pictures in memory to text, all of a contender's own preprocessing and decoding included. Each contender
lives in a process of its own, so that peak memory is its own (the highest so far: it never falls); the
processes take turns, round after round, in changing order, so that a noisy machine is noisy to all alike.
Every contender sees a set once before the clock runs. A figure is the median over rounds; the ratio is the
median of the ratios within a round.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import statistics
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from contenders import Picture, contenders
from rich.console import Console
from rich.table import Table

SAMPLES = Path(__file__).parent.parent / "samples" / "labels.tsv"
BASE = "RapidOCR 1.2.13"
WIDTHS = (320, 640, 960, 1280, 1600)
LINES_PER_WIDTH = 24


def work(name: str, model: str, sets: dict[str, list[Picture]], pipe: Connection) -> None:
    """One contender's process: answers (set, batch) with (seconds, texts, peak MB) until told None."""
    import resource

    readers: dict[int, Any] = {}
    while (order := pipe.recv()) is not None:
        chosen, batch = order
        if batch not in readers:
            readers.clear()
            readers[batch] = contenders(model)[name](batch)
        start = time.perf_counter()
        texts = readers[batch](sets[chosen])
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        pipe.send((seconds, texts, peak))


def at_width(pictures: Sequence[Picture], width: int) -> list[Picture]:
    """Pictures 48 px high and ``width`` px wide: real lines joined end to end, and cut."""
    strip = np.concatenate(
        [cv2.resize(p, (math.ceil(48 * p.shape[1] / p.shape[0]), 48)) for p in pictures], axis=1
    )
    strip = np.concatenate([strip] * (1 + LINES_PER_WIDTH * width // strip.shape[1]), axis=1)
    return [np.ascontiguousarray(strip[:, i * width : (i + 1) * width]) for i in range(LINES_PER_WIDTH)]


def measure(
    sets: dict[str, list[Picture]], names: list[str], batches: list[int], rounds: int, model: str
) -> list[dict[str, Any]]:
    """Every set at every batch size by every contender, taking turns."""
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    for name in names:
        pipes[name], far = spawn.Pipe()
        processes.append(spawn.Process(target=work, args=(name, model, sets, far), daemon=True))
        processes[-1].start()
    rows = []
    for batch in batches:
        for chosen, pictures in sets.items():
            answers: dict[str, list[tuple[float, list[str], float]]] = {name: [] for name in names}
            for turn in range(rounds + 1):
                for name in names[turn % len(names) :] + names[: turn % len(names)]:
                    pipes[name].send((chosen, batch))
                    answers[name].append(pipes[name].recv())
            for name in names:
                timed = [seconds for seconds, _, _ in answers[name][1:]]
                base = [seconds for seconds, _, _ in answers.get(BASE, answers[name])[1:]]
                rows.append(
                    {
                        "set": chosen,
                        "batch": batch,
                        "contender": name,
                        "lines_per_second": len(pictures) / statistics.median(timed),
                        "ratio": statistics.median(b / t for b, t in zip(base, timed, strict=True)),
                        "peak_mb": answers[name][-1][2],
                        "texts": answers[name][-1][1],
                    }
                )
                row = rows[-1]
                print(
                    f"{chosen:12} batch {batch:2} {name:28} {row['lines_per_second']:7.1f} lines/s",
                    flush=True,
                )
    for pipe in pipes.values():
        pipe.send(None)
    for process in processes:
        process.join(10)
    return rows


def add_error_rates(rows: list[dict[str, Any]], truths: list[str]) -> None:
    """CER (NFKC, without spaces) of every row on the natural set."""
    from shouxie.score import count_edits
    from shouxie.text import nfkc

    for row in rows:
        texts = row.pop("texts")
        if row["set"] == "natural":
            edits = [count_edits(nfkc(t), nfkc(p)) for t, p in zip(truths, texts, strict=True)]
            row["cer"] = sum(e.errors for e in edits) / sum(e.reference for e in edits)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "labels", nargs="?", type=Path, default=SAMPLES, help="label file; samples/ if not given"
    )
    parser.add_argument("--model", default="ppocrv3")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--widths", type=int, nargs="*", default=list(WIDTHS))
    parser.add_argument("--only", nargs="+", help="contenders whose names contain one of these words")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    from shouxie.data.labels import read_labels
    from shouxie.image import load

    samples = list(read_labels(options.labels))
    natural = [load(sample.paths[0]) for sample in samples]
    sets = {"natural": natural, **{f"{w} px": at_width(natural, w) for w in options.widths}}
    names = [n for n in contenders(options.model) if not options.only or any(o in n for o in options.only)]
    rows = measure(sets, names, options.batches, options.rounds, options.model)
    add_error_rates(rows, [sample.text for sample in samples])
    table = Table("set", "batch", "contender", "lines/s", f"× {BASE}", "peak MB", "CER nfkc")
    for row in rows:
        cer = f"{row['cer']:.4f}" if "cer" in row else ""
        figures = (f"{row['lines_per_second']:.1f}", f"{row['ratio']:.2f}", f"{row['peak_mb']:.0f}", cer)
        table.add_row(row["set"], str(row["batch"]), row["contender"], *figures)
    Console(width=110).print(table)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), "utf-8")


if __name__ == "__main__":
    main()
