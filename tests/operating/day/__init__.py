"""An operator's day as one script: `make day`."""
