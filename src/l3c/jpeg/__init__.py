"""JPEG files: to coefficients and back, byte for byte, and the arithmetic of their decoders."""
