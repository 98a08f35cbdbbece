"""Data for training: archives unpacked, photographs rescaled by the published rules, downsampled ImageNet."""
