"""A Northwind export, played through the API: `python -m examples.northwind FOLDER`."""
