"""GraphiQL and the portal: their npm sources, their bundling, what the server needs of GraphiQL."""
