"""Images of at most 256 colours, as indices of a table of them."""
