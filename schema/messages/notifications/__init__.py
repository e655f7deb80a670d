"""Notifications for the merchant's staff: who is told what by mail, and when."""
