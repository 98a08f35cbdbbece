"""Pictures piece by piece: tiles for viewers that zoom, and a gallery for a browser on this machine, read-only."""
