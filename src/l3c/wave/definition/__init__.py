"""The wave networks in NumPy integers, readable and complete: what the engine must equal, bit for bit."""
