"""What runs unasked, beside requests: when, and how often. What is done are commands."""
