"""MobileNetV1Enhance, the LCNet-like backbone of the PP-OCRv3 recogniser.

Sources: PP-LCNet (Cui et al. 2021, arXiv 2109.15099); PP-OCRv3 (Li et al. 2022, arXiv 2206.03001), section 3.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn


class ConvNormAct(nn.Module):
    """Convolution without bias, batch norm, hard-swish. ``(N, in, H, W) -> (N, out, H', W')``."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: tuple[int, int] = (1, 1), groups: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.act = nn.Hardswish()
        nn.init.kaiming_normal_(self.conv.weight)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.act(self.norm(self.conv(x)))
        return y


class SqueezeExcite(nn.Module):
    """Squeeze-and-excitation with ratio 4. The gate is hard-sigmoid with slope 1/6, which torch's is."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, channels // 4, 1)
        self.expand = nn.Conv2d(channels // 4, channels, 1)
        self.act = nn.ReLU()
        self.gate = nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        gate: Tensor = self.gate(self.expand(self.act(self.reduce(self.pool(x)))))
        return x * gate


class BlockSize(NamedTuple):
    """One depthwise-separable block, channel counts before scaling."""

    inputs: int
    outputs: int
    kernel: int
    stride: tuple[int, int]
    excite: bool


BLOCKS = (
    BlockSize(32, 64, 3, (1, 1), False),
    BlockSize(64, 128, 3, (1, 1), False),
    BlockSize(128, 128, 3, (1, 1), False),
    BlockSize(128, 256, 3, (2, 1), False),
    BlockSize(256, 256, 3, (1, 1), False),
    BlockSize(256, 512, 3, (2, 1), False),
    *(BlockSize(512, 512, 5, (1, 1), False) for _ in range(5)),
    BlockSize(512, 1024, 5, (2, 1), True),
    BlockSize(1024, 1024, 5, (1, 2), True),
)


class DepthwiseSeparable(nn.Module):
    """Depthwise convolution, optional squeeze-excite, pointwise convolution; hard-swish after both.

    Args:
        size: channels, kernel and stride.
        pooled: a 2 x 2 pool follows. It drops an odd last row, so in evaluation the pointwise convolution
            need not compute it (batch norm's statistics in training do count it).
    """

    def __init__(self, size: BlockSize, *, pooled: bool = False) -> None:
        super().__init__()
        self.pooled = pooled
        self.depthwise = ConvNormAct(
            size.inputs, size.inputs, size.kernel, stride=size.stride, groups=size.inputs
        )
        self.excite = SqueezeExcite(size.inputs) if size.excite else nn.Identity()
        self.pointwise = ConvNormAct(size.inputs, size.outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.excite(self.depthwise(x))
        if self.pooled and not self.training:
            x = x[:, :, : x.shape[2] // 2 * 2]
        y: Tensor = self.pointwise(x)
        return y


class MobileNetV1Enhance(nn.Module):
    """Backbone: ``(N, 3, 48, W) -> (N, 1024 * scale, 1, W // 8)``.

    The final pool is 2 x 2 on a map of three rows: the third row is dropped. So were the released
    weights trained; a 3 x 2 pool has the same shapes and gives wrong numbers.

    Args:
        scale: factor on every channel count; 0.5 in PP-OCRv3.
    """

    def __init__(self, *, scale: float = 0.5) -> None:
        super().__init__()
        self.stem = ConvNormAct(3, int(32 * scale), 3, stride=(2, 2))
        sizes = [b._replace(inputs=int(b.inputs * scale), outputs=int(b.outputs * scale)) for b in BLOCKS]
        self.blocks = nn.Sequential(*(DepthwiseSeparable(size, pooled=size is sizes[-1]) for size in sizes))
        self.pool = nn.AvgPool2d(2, 2)
        self.channels = int(BLOCKS[-1].outputs * scale)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.pool(self.blocks(self.stem(x)))
        return y
