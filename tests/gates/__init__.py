"""Gates: which verb could break which rule, the test that shows that it does not, and proof."""
