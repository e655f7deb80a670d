"""Releases: the schedules that a customer sends on its contract."""
