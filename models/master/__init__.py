"""Tables and rules of master data: catalog, channels, locations, parties."""
