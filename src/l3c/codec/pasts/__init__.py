"""The kinds of past that the codec knows: each a module with `undo`, `redo`, `part_around` and `memory_needed`."""
