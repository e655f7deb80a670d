"""Parties: written in bulk from the merchant's system of record, and looked up by commands."""
