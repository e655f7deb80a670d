"""Tables and rules of master data: what a merchant sells and charges, to whom, where and when."""
