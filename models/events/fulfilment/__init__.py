"""Events of fulfilment."""
