"""Samples that use few of their values, and gray in three channels."""
