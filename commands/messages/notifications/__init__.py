"""Notifications: who is told what by mail, when, and in which words."""
