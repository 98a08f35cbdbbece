"""How files reach a disk or a store: whole or not at all."""
