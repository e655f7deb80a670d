"""What mails say: their content as data, and how that is written in a reader's language."""
