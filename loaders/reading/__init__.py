"""Machinery of reading: relations as data, pages by keyset, dataloaders."""
