"""Trainings in a few minutes of one GPU: data, stages, results in a few small files."""
