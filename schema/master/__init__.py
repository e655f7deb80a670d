"""What clients see of master data: catalog, channels, locations, parties."""
