"""The older form of the command `abruf`: `python -m commands key list`."""

from abruf import main

if __name__ == "__main__":
    main()
