"""What code answers of master data."""
