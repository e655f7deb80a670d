"""What links lead to that need no key, since the merchant's secret seals them."""
