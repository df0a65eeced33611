"""A recogniser is a backbone, an encoder and a head; pictures in, class logits per time step out."""

from __future__ import annotations

from torch import Tensor, nn


class Recogniser(nn.Module):
    """``(N, 3, H, W)`` normalised BGR to ``(N, T, classes)`` logits."""

    def __init__(self, backbone: nn.Module, encoder: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.encoder = encoder
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(self.encoder(self.backbone(x)))
        return y
