"""Images to files and back: tiles over threads, each with the smallest coder, each checked by its samples."""
