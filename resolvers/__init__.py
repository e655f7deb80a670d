"""One answer a function: opens the transaction, calls one command, or asks the loaders."""
