"""How long attacks by chance go on: the same few each time, or others for some minutes.

ABRUF_ATTACK_SECONDS sets how long each test goes on; then its seed is another one each time, which
is printed, or ABRUF_PLAY_SEED.
"""

import os
import random
import sys
import time
from collections.abc import Iterator

SECONDS = int(os.environ.get("ABRUF_ATTACK_SECONDS", "0"))
USUAL_SEED = 20261128


def chosen_seed() -> int:
    """Return from what chance starts, and print it where it is not the usual."""
    if not SECONDS:
        return USUAL_SEED
    seed = int(os.environ.get("ABRUF_PLAY_SEED") or random.getrandbits(32))
    sys.stdout.write(f"ABRUF_PLAY_SEED={seed}\n")
    return seed


def rounds(usual: int) -> Iterator[int]:
    """Count rounds: as many as usual, or until the time is over."""
    end, number = time.monotonic() + SECONDS, 0
    while number < usual or time.monotonic() < end:
        yield number
        number += 1
