"""How a verb is run: in one transaction, its answer kept, what is odd tried with other values."""
