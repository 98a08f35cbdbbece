"""The file format, version 1, as docs/format.md specifies it. Bytes only: nothing here knows a model."""
