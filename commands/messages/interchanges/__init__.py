"""The inbox: files become interchanges, which are kept, checked and answered before all else."""
