"""What access tells while it happens."""
