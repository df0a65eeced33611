"""Weights: released Paddle and ONNX files in, our own one-file models in and out."""
