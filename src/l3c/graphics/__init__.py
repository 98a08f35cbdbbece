"""The graphics coder: tiles of drawings, screenshots and documents, without a model."""
