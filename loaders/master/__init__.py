"""Reading of master data: catalog, channels, locations, parties."""
