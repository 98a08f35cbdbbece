"""Training and export of the wave networks."""
