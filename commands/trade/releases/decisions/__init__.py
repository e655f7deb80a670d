"""What the merchant decides on releases: consent, rejection, and what it answers."""
