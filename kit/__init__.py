"""What knows no business: configuration, database, viewer, errors, pages, clock, ids, log."""
