"""Machinery of writing: one transaction, its ledger, its journal, its answers kept."""
