"""Releases, their schedules and the accounts that they count on, for clients."""
