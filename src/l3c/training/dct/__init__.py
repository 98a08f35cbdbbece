"""Training of coefficient models."""
