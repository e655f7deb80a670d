"""The page of figures, its pictures, and what it tells of the machine."""
