"""What `abruf` does for those who run it: a module for each noun of the command line."""
