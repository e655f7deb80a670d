"""How fast Abruf answers beside others on the same data: ratios, no absolute times."""
