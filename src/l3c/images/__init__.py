"""Picture files in and out: samples and metadata, nothing changed and nothing dropped in silence."""
