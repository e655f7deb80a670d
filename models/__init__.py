"""Tables, enums, state machines, and the arithmetic of one row."""

from importlib import import_module
from pkgutil import walk_packages

# Tables name each other by string: all of them are known before any is used.
for _module in walk_packages(__path__, f"{__name__}."):
    import_module(_module.name)
