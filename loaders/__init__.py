"""The reading side: relations declared as data, each answered by one statement a batch."""
