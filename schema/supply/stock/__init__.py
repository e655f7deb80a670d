"""Stock for clients."""
