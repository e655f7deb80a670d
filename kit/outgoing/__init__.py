"""HTTP to others: whom we may reach, and a client that reaches nobody else."""
