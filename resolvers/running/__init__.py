"""Machinery of the resolvers: an operation's context, turns, buckets, followers."""
