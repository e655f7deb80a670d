"""Answers of trade: orders, releases, contracts."""
