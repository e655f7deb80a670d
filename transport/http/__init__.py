"""One request over HTTP: its body, its refusals, its end."""
