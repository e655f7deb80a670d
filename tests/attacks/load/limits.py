"""What bounds whoever asks for long lists: not what they cost, but what they have."""

from dataclasses import replace

from kit.limits import DEFAULT_LIMITS

LIMITS = replace(DEFAULT_LIMITS, bucket=10**9, deadline=60, statement=60)
