"""Orders that are sent again, or changed line by line, before anything of them is planned."""
