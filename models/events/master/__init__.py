"""Events of master data."""
