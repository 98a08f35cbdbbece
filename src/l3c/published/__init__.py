"""The published system: L3C and its baselines RGB and RGB Shared (arXiv 1811.12817).

Importing this package brings no PyTorch.
"""
