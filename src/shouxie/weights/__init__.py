"""Weights: released Paddle and ONNX files in, our own one-file models in and out."""

DEFAULT = "ppocrv3"
"""The model in the box that is read with when none is named."""
