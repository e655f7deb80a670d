"""UN/EDIFACT (ISO 9735): bytes in, segments, messages and findings out; pure functions.

`envelopes.read` reads and checks one interchange, `messages.segments_of` gives the segments of one
of its messages, `groups.parse` puts them into the groups of a declared table, `writing` writes.
"""
