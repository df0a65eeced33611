"""The SVTR neck of the PP-OCRv3 recogniser: two global self-attention blocks between convolutions.

Sources: SVTR (Du et al. 2022, arXiv 2205.00159); PP-OCRv3 (Li et al. 2022, arXiv 2206.03001), section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvNormSwish(nn.Module):
    """Convolution without bias, batch norm, SiLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.act = nn.SiLU()
        nn.init.kaiming_uniform_(self.conv.weight)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.act(self.norm(self.conv(x)))
        return y


class Attention(nn.Module):
    """Global multi-head self-attention over all time steps. ``(N, T, C) -> (N, T, C)``."""

    def __init__(self, channels: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.scale = (channels // heads) ** -0.5
        self.qkv = nn.Linear(channels, 3 * channels)
        self.attention_dropout = nn.Dropout(dropout)
        self.proj = nn.Linear(channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        n, t, c = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        weights = self.attention_dropout(torch.softmax(q * self.scale @ k.transpose(-2, -1), dim=-1))
        y: Tensor = self.dropout(self.proj((weights @ v).transpose(1, 2).reshape(n, t, c)))
        return y


class Mlp(nn.Module):
    """Two linear layers with SiLU between. ``(N, T, C) -> (N, T, C)``."""

    def __init__(self, channels: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, hidden)
        self.act = nn.SiLU()
        self.fc2 = nn.Linear(hidden, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.dropout(self.fc2(self.dropout(self.act(self.fc1(x)))))
        return y


class Block(nn.Module):
    """Pre-norm transformer block. PaddleOCR's flag says ``prenorm: False`` but computes this."""

    def __init__(self, channels: int, heads: int, mlp_ratio: float, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels, eps=1e-5)
        self.attention = Attention(channels, heads, dropout)
        self.norm2 = nn.LayerNorm(channels, eps=1e-5)
        self.mlp = Mlp(channels, int(channels * mlp_ratio), dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        y: Tensor = x + self.mlp(self.norm2(x))
        return y


class SVTREncoder(nn.Module):
    """Neck: feature map ``(N, C, 1, T)`` to sequence ``(N, T, dims)``.

    There is neither positional embedding nor padding mask: the convolutions tell the order.

    Args:
        inputs: channels C of the backbone's map.
        dims: width of the output sequence.
        depth: number of transformer blocks.
        hidden: width inside the transformer blocks.
        heads: attention heads; must divide ``hidden``.
    """

    def __init__(
        self,
        inputs: int,
        *,
        dims: int = 64,
        depth: int = 2,
        hidden: int = 120,
        heads: int = 8,
        mlp_ratio: float = 2.0,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.reduce = ConvNormSwish(inputs, inputs // 8, 3)
        self.enter = ConvNormSwish(inputs // 8, hidden, 1)
        self.blocks = nn.Sequential(*(Block(hidden, heads, mlp_ratio, dropout) for _ in range(depth)))
        self.norm = nn.LayerNorm(hidden, eps=1e-6)
        self.leave = ConvNormSwish(hidden, inputs, 1)
        self.merge = ConvNormSwish(2 * inputs, inputs // 8, 3)
        self.out = ConvNormSwish(inputs // 8, dims, 1)
        self.apply(_init_linear)

    def forward(self, x: Tensor) -> Tensor:
        z = self.enter(self.reduce(x))
        z = self.norm(self.blocks(z.flatten(2).transpose(1, 2)))
        z = self.leave(z.transpose(1, 2).unsqueeze(2))
        z = self.out(self.merge(torch.cat((x, z), dim=1)))
        y: Tensor = z.squeeze(2).transpose(1, 2)
        return y


def _init_linear(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)
