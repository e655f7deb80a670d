"""`python -m abruf`: the same as the installed command."""

from abruf import main

main()
