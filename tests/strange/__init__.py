"""Strange picture files: writers that know what they wrote, and judges of what comes back."""
