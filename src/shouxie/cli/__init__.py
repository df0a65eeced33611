"""The command line. Each verb is a function in its own module, imported only when it is asked for."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module

from shouxie.errors import ShouxieError, UsageError

VERBS = {
    "read": "line pictures → text",
    "evaluate": "label files → how well a model reads them, with a report in pictures",
    "data": "check | convert | show training data",
    "weights": "import | show released weights and model files",
    "export": "a model → ONNX for other programs",
    "models": "what is in the box",
}
GROUPS = ("data", "weights")


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command line and leave with its exit status: 0 well, 1 some inputs failed, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", module=r"PIL\..*")  # what is wrong with a picture, its error says
    try:
        status = run(list(sys.argv[1:] if argv is None else argv))
        if sys.stdout is not None:
            sys.stdout.flush()
    except UsageError as error:
        status = _fail(error, 2)
    except ShouxieError as error:
        status = _fail(error, 1)
    except KeyboardInterrupt:
        print("shouxie: interrupted", file=sys.stderr)
        status = 130
    except OSError as error:
        # The output is full or its reader gone; give the interpreter something else to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1 if isinstance(error, BrokenPipeError) else _fail(error, 1)
    sys.exit(status)


def run(argv: list[str]) -> int:
    """Carry out a command line.

    Returns:
        The exit status.
    """
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if argv else 2
    if argv[0] in ("-V", "--version"):
        from shouxie import __version__

        print(f"shouxie {__version__}")
        return 0
    verb, rest = argv[0], argv[1:]
    if verb not in VERBS:
        raise UsageError(f"no such verb: {verb!r}; 'shouxie --help' lists them")
    module = import_module(f"shouxie.cli.{verb}")
    if verb not in GROUPS:
        return call(getattr(module, verb), rest, f"shouxie {verb}")
    commands: dict[str, Callable[..., int]] = module.COMMANDS
    if not rest or rest[0] in ("-h", "--help"):
        lines = [f"  {name:10}{_summary(command)}" for name, command in commands.items()]
        print(f"usage: shouxie {verb} {{{'|'.join(commands)}}} …\n\n" + "\n".join(lines))
        return 0 if rest else 2
    if rest[0] not in commands:
        raise UsageError(f"shouxie {verb} has no {rest[0]!r}; there are: {', '.join(commands)}")
    return call(commands[rest[0]], rest[1:], f"shouxie {verb} {rest[0]}")


def call(command: Callable[..., int], arguments: list[str], name: str) -> int:
    """Parse ``arguments`` for a typed function and call it."""
    import tyro

    return tyro.cli(command, prog=name, args=arguments, config=(tyro.conf.OmitArgPrefixes,))


def usage() -> str:
    """What ``shouxie --help`` prints."""
    lines = "\n".join(f"  {verb:10}{summary}" for verb, summary in VERBS.items())
    head = "usage: shouxie VERB …\n\nReads handwritten Chinese."
    return f"{head}\n\n{lines}\n\n'shouxie VERB --help' explains each."


def _summary(command: Callable[..., int]) -> str:
    return (command.__doc__ or "").strip().splitlines()[0]


def _fail(error: Exception, status: int) -> int:
    print(f"shouxie: {error}", file=sys.stderr)
    return status
