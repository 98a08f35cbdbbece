"""Data for training: archives unpacked, photographs rescaled by the published rules, thumbnails, packed ImageNet."""
