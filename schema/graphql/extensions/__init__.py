"""What stands around every operation: limits, cost, scopes, documents, telemetry."""
