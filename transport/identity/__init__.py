"""Who connects: tokens become viewers."""
