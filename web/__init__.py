"""The GraphiQL page: its npm sources, its bundling, and what the server needs to serve it."""
