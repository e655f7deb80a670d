"""Call-offs: orders at the price of a contract, within all that it agrees on."""
