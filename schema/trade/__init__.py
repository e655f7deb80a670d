"""What clients see of trade: orders, releases, contracts."""
