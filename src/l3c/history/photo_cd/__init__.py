"""Photo CD: the output of Kodak's converter for PhotoYCC planes."""
