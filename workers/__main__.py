"""`python -m workers`: the same as `abruf worker`."""

import sys

from abruf import main

if __name__ == "__main__":
    sys.argv[1:1] = ["worker"]
    main()
