"""The writing side: verbs of the trade that lock, check, change and record; they never commit."""
