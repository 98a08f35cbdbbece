"""Adapting a network to one image: what a file says of it, and how an encoder finds it."""
