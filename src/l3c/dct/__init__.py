"""Models of the quantized coefficients of JPEG files."""
