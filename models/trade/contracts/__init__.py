"""Call-off contracts: goods agreed once and drawn down in parts."""
