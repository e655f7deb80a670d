"""What comes of what left: it arrives, is lost or comes back, and is owed again."""
