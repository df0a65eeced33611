"""``shouxie models``: what is in the box."""

from __future__ import annotations


def models() -> int:
    """List the models in the package: where they come from, their licence and size.

    Example: shouxie models
    """
    from rich.console import Console
    from rich.table import Table

    from shouxie.weights import DEFAULT
    from shouxie.weights.model import box_names, load_model, locate

    table = Table("name", "characters", "size", "licence", "where it comes from")
    for name in box_names():
        card = load_model(name).card
        table.add_row(
            f"{name} (default)" if name == DEFAULT else name,
            f"{len(card.charset):,}",
            f"{locate(name).stat().st_size / 1e6:.1f} MB",
            card.licence,
            f"{card.provenance[0]}; training: {card.training}",
        )
    Console().print(table)
    return 0
