"""Training, sampling, export and import of the paper's networks."""
