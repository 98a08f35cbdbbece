"""Exported coefficient models: found by names, paths and URLs, and verified."""

from __future__ import annotations

from l3c.dct.model import FORMAT, read_model
from l3c.models.files import ModelFiles
from l3c.models.search_path import COEFFICIENTS

_files = ModelFiles(FORMAT, read_model, lambda model: COEFFICIENTS)
names, load, by_digest = _files.names, _files.load, _files.by_digest
listing, describe = _files.listing, _files.describe
