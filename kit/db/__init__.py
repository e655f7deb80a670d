"""PostgreSQL: pools, sessions that write, connections that read, the walls between tenants."""
