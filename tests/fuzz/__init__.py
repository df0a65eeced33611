"""Broken files of every format that is read."""
