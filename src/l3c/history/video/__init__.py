"""Frames that a video decoder made."""
