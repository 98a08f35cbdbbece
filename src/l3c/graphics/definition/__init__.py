"""What defines the bits of a graphics payload: docs/format/graphics.md, in Python."""
