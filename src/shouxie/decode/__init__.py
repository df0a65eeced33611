"""Decoding: from classes per time step to text, as small parts that compose."""
