"""Training: what both families share lies here, and each family and evaluation have a folder."""
