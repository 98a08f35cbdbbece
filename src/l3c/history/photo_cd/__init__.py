"""Photo CD: what Kodak's converter made of PhotoYCC planes."""
