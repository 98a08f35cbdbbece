"""What was done to pixels before they came here: found, undone, and done again to prove it."""
