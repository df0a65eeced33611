"""Break files of every format and read them, in processes of their own.

    python -m tests.fuzz.run --count 20000 [--target NAME] [--seed N]

Whatever comes out other than a result or a ``ShouxieError`` is an offence: another exception, a warning, a
crash, more than ``SECONDS`` or more than ``MEMORY``. Offending files are kept in ``--out``; exit status 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from random import Random

from shouxie.errors import ShouxieError

from .mutate import mutate
from .targets import TARGETS

SECONDS = 5.0
MEMORY = 2 << 30
"""Resident bytes that a case may add to what its process had before."""
CHUNK = 250
"""Cases handed to a process at once."""


@dataclass(frozen=True)
class Task:
    """Cases ``start`` to ``stop`` of a target."""

    target: str
    seed: int
    start: int
    stop: int


@dataclass(frozen=True)
class Offence:
    """A case that came out wrong."""

    target: str
    number: int
    fault: str


@dataclass
class Tally:
    """What came of a target's cases."""

    counts: Counter[str] = field(default_factory=Counter)
    offences: list[Offence] = field(default_factory=list)


@lru_cache
def whole(target: str) -> list[bytes]:
    """The files of a target before they are broken."""
    return TARGETS[target].seeds()


def case(target: str, seed: int, number: int) -> bytes:
    """The broken file of this number: the same in every run."""
    random = Random(f"{seed} {target} {number}")
    return mutate(random.choice(whole(target)), random, whole(target))


def hunt(
    targets: Iterable[str], count: int, *, seed: int = 0, workers: int = 2, out: Path | None = None
) -> dict[str, Tally]:
    """Read ``count`` broken files of each target; keep the offending ones in ``out``."""
    names = list(targets)
    tasks = [Task(n, seed, i, min(count, i + CHUNK)) for n in names for i in range(0, count, CHUNK)][::-1]
    tallies = {name: Tally() for name in names}
    crew = [_Worker() for _ in range(min(workers, len(tasks)))]
    try:
        while tasks or any(worker.task for worker in crew):
            for worker in crew:
                if worker.task is None and tasks:
                    worker.give(tasks.pop())
            wait([worker.pipe for worker in crew if worker.task], timeout=0.05)
            for worker in crew:
                again = worker.look(tallies)
                tasks += [again] if again else []
    finally:
        for worker in crew:
            worker.end()
    if out is not None:
        _keep(tallies, seed, out)
    return tallies


class _Worker:
    """A process that reads broken files, and a watch over it."""

    def __init__(self) -> None:
        self.task: Task | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.number = -1
        self.since = time.monotonic()
        self.ready = False
        self.base = 0

    def give(self, task: Task) -> None:
        """Hand over a task."""
        self.task, self.number, self.since = task, task.start, time.monotonic()
        self.pipe.send(task)

    def look(self, tallies: dict[str, Tally]) -> Task | None:
        """Take in what the process reports; what is left of its task if the process had to be replaced."""
        task = self.task
        if task is None:
            return None
        tally = tallies[task.target]
        try:
            while self.pipe.poll():
                if self._hear(self.pipe.recv(), task.target, tally):
                    self.task = None
                    return None
        except (EOFError, OSError):
            self.process.join()
            return self._replace(task, tally, f"crash: exit status {self.process.exitcode}")
        if self.ready and time.monotonic() - self.since > SECONDS:
            return self._replace(task, tally, f"hang: over {SECONDS:.0f} s")
        if self.base and _resident(self.process.pid) - self.base > MEMORY:
            return self._replace(task, tally, "memory: over the limit")
        return None

    def _hear(self, message: tuple[int, str, str], target: str, tally: Tally) -> bool:
        """Note one message; whether it was the task's last."""
        number, outcome, fault = message
        self.since = time.monotonic()
        if outcome == "ready":
            self.ready, self.base = True, _resident(self.process.pid)
        elif outcome != "done":
            self.number = number + 1
            tally.counts[outcome] += 1
            if fault:
                tally.offences.append(Offence(target, number, fault))
        return outcome == "done"

    def _replace(self, task: Task, tally: Tally, fault: str) -> Task | None:
        tally.counts["offence"] += 1
        tally.offences.append(Offence(task.target, self.number, fault))
        following = self.number + 1
        self.end()
        self.task = None
        self._start()
        return Task(task.target, task.seed, following, task.stop) if following < task.stop else None

    def end(self) -> None:
        """Stop the process."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _work(pipe: Connection) -> None:
    """The process: reports every case before the next one is read, so that a crash names its case."""
    warnings.simplefilter("error")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders written in C complain there
    pipe.send((0, "ready", ""))
    with tempfile.TemporaryDirectory() as folder:
        while True:
            try:
                task: Task = pipe.recv()
            except EOFError:
                return
            for number in range(task.start, task.stop):
                before = _peak()
                outcome, fault = read(task.target, case(task.target, task.seed, number), Path(folder))
                if _peak() - before > MEMORY:
                    outcome, fault = "offence", f"memory: {(_peak() - before) >> 20} MB"
                pipe.send((number, outcome, fault))
            pipe.send((0, "done", ""))


def read(target: str, data: bytes, folder: Path) -> tuple[str, str]:
    """What comes of reading ``data``: accepted, refused or offence, and the fault of an offence."""
    try:
        TARGETS[target].read(data, folder)
    except ShouxieError as error:
        return "refused", str(error) and ""
    except BaseException as error:  # a reader may raise nothing else
        place = traceback.extract_tb(error.__traceback__)[-1]
        return (
            "offence",
            f"{type(error).__name__}: {str(error)[:200]} ({Path(place.filename).name}:{place.lineno})",
        )
    return "accepted", ""


def _peak() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _resident(pid: int | None) -> int:
    """Resident bytes of a process; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * resource.getpagesize()


def _keep(tallies: dict[str, Tally], seed: int, out: Path) -> None:
    for tally in tallies.values():
        for offence in tally.offences:
            out.mkdir(parents=True, exist_ok=True)
            name = f"{offence.target}-{seed}-{offence.number}"
            (out / f"{name}.bin").write_bytes(case(offence.target, seed, offence.number))
            (out / f"{name}.txt").write_text(offence.fault + "\n", "utf-8", "replace")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=20_000, help="broken files per format")
    parser.add_argument("--target", choices=sorted(TARGETS), action="append", help="all if not given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("fuzz-offences"))
    options = parser.parse_args(arguments)
    names = options.target or list(TARGETS)
    tallies = hunt(names, options.count, seed=options.seed, workers=options.workers, out=options.out)
    for name, tally in tallies.items():
        figures = ", ".join(f"{tally.counts[o]} {o}" for o in ("accepted", "refused", "offence"))
        print(f"{name:14} {figures}")
        for fault, count in Counter(o.fault for o in tally.offences).most_common(10):
            example = next(o.number for o in tally.offences if o.fault == fault)
            print(f"    {count} x {fault}, for example number {example}")
    return 1 if any(tally.offences for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
