"""Machinery of the schema: fields, inputs, mutations, connections, nodes, scalars, scopes."""
