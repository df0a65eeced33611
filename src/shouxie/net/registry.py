"""The networks that a model file may name. A name and its sizes rebuild the network, nothing else needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shouxie.errors import UsageError
from shouxie.net.ctc import CTCHead
from shouxie.net.lcnet import MobileNetV1Enhance
from shouxie.net.recogniser import Recogniser
from shouxie.net.svtr import SVTREncoder


@dataclass(frozen=True)
class Entry:
    """A registered network.

    Attributes:
        build: makes the network for a number of classes.
        height: height of the pictures it takes, in pixels.
        step: width of one time step, in pixels.
        source: where the architecture is described.
    """

    build: Callable[[int], Recogniser]
    height: int
    step: int
    source: str


def _svtr_lcnet(classes: int) -> Recogniser:
    backbone = MobileNetV1Enhance(scale=0.5)
    return Recogniser(backbone, SVTREncoder(backbone.channels), CTCHead(64, classes))


NETWORKS: dict[str, Entry] = {
    "svtr_lcnet": Entry(
        build=_svtr_lcnet, height=48, step=8, source="PP-OCRv3, arXiv 2206.03001, section 3 (SVTR_LCNet)"
    ),
}


def build(name: str, *, classes: int) -> Recogniser:
    """Make a network by name, in evaluation mode, with fresh weights.

    Args:
        name: a key of ``NETWORKS``.
        classes: output classes, the blank included.
    """
    return entry(name).build(classes).eval()


def entry(name: str) -> Entry:
    """The registry's entry for ``name``.

    Raises:
        UsageError: there is no such network.
    """
    if name not in NETWORKS:
        raise UsageError(f"no network is called {name!r}; there are: {', '.join(sorted(NETWORKS))}")
    return NETWORKS[name]
