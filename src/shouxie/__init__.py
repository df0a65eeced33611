"""shouxie (手写) reads handwritten Chinese.

    import shouxie
    print(shouxie.read("line.png").text)

Names are loaded when they are first used, so that ``import shouxie`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shouxie.api import read as read
    from shouxie.charset import Charset as Charset
    from shouxie.errors import DataError as DataError
    from shouxie.errors import ImageError as ImageError
    from shouxie.errors import InputError as InputError
    from shouxie.errors import ModelError as ModelError
    from shouxie.errors import OutputError as OutputError
    from shouxie.errors import ShouxieError as ShouxieError
    from shouxie.errors import UsageError as UsageError
    from shouxie.reader import Reader as Reader
    from shouxie.reading import Alternative as Alternative
    from shouxie.reading import Box as Box
    from shouxie.reading import Character as Character
    from shouxie.reading import Reading as Reading
    from shouxie.weights.model import Model as Model
    from shouxie.weights.model import load_model as load_model

__version__ = "0.1.0"

_HOMES = {
    "read": "api",
    "Charset": "charset",
    "DataError": "errors",
    "ImageError": "errors",
    "InputError": "errors",
    "ModelError": "errors",
    "OutputError": "errors",
    "ShouxieError": "errors",
    "UsageError": "errors",
    "Reader": "reader",
    "Alternative": "reading",
    "Box": "reading",
    "Character": "reading",
    "Reading": "reading",
    "Model": "weights.model",
    "load_model": "weights.model",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
