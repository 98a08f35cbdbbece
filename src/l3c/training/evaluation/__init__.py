"""What pictures cost under trained networks and models."""
