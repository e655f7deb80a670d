"""What fulfilment does unasked: orders that are not wanted any more lose what has not left."""
