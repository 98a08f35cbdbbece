"""Images upscaled by nearest neighbour."""
