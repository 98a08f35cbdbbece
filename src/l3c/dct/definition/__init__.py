"""The definition of coefficient models: readable NumPy, integers only."""
