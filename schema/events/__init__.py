"""The GraphQL types of events, one for each class in `models/events`, made of its fields."""
