"""Order responses: what the merchant says to lines, and what its customers answer."""
