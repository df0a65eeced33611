"""The CTC head (Graves et al. 2006): one linear layer from features to class logits."""

from __future__ import annotations

from torch import Tensor, nn


class CTCHead(nn.Module):
    """``(N, T, inputs) -> (N, T, classes)`` logits; class 0 is the CTC blank."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.fc = nn.Linear(inputs, classes)
        bound = inputs**-0.5
        nn.init.uniform_(self.fc.weight, -bound, bound)
        nn.init.uniform_(self.fc.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(x)
        return y
