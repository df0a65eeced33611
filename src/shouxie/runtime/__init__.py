"""Runtimes: OpenVINO, ONNX Runtime and PyTorch behind one small protocol."""

from __future__ import annotations

from typing import Literal

RuntimeName = Literal["auto", "openvino", "onnxruntime", "torch"]
Precision = Literal["auto", "fp32", "bf16"]
