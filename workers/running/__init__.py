"""Machinery of the workers: followers, chores, and what is due."""
