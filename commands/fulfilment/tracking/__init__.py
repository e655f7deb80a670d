"""Tracking: what carriers report of parcels, in any order, late or twice."""
