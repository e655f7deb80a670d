"""What all tables share: tenancy, column types, constraints."""
