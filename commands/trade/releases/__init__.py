"""Releases: schedules that a customer sends on a contract line, one ACTIVE per line and type."""
