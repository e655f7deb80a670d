"""What a client sees: types, inputs, enums, descriptions and scopes. No SQL, no rule."""
