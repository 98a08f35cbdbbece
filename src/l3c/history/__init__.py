"""Source transforms of pixels: detected, inverted, and repeated to prove it."""
