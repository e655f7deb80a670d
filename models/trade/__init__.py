"""Tables and rules of trade: orders, releases, contracts."""
