"""Models that are released beside the package, which are too large for it."""
