"""From mixtures of logistics to integer frequencies, and from frequencies to bytes."""
