"""Pixels that a JPEG decoder made."""
