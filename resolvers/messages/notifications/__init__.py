"""Notifications: what mails would say now, and links to those that are kept."""
