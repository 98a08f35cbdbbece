"""The file format, version 1, as docs/format specifies it. Bytes only: nothing here knows a model."""
