"""Every kind of journal entry, where every wing may import it."""
