"""Programs that use Abruf as an integrator would: over its public GraphQL API."""
