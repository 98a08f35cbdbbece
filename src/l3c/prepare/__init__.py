"""Data for training: unpacked archives, photographs rescaled by the published rules, thumbnails, downsampled ImageNet."""
