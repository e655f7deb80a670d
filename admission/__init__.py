"""What an operation may ask: limits, costs, demands, found before anything runs."""
