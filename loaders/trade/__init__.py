"""Reading of trade: orders, releases, contracts."""
