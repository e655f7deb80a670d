"""Orders: placed, approved, held, cancelled and closed."""
