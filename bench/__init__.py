"""How fast Abruf answers: ratios between executors on the same data, no absolute times."""
