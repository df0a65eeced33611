"""Networks in PyTorch, and their graphs for the runtimes; no training code, no file formats.

``graph`` needs nothing but NumPy; the networks themselves need the extra ``train``.
"""
