"""Stock: adjusted with a reason, and what of it is promised to nobody."""
