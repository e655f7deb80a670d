"""Tracking events: what carriers report of a parcel, and the status that follows from all of it."""
