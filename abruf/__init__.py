"""The installable application: the command `abruf`."""

import sys
from pathlib import Path


def main() -> None:
    """Run what the words of the command line ask for.

    The wheel holds all that is Abruf in one folder, so that modules as general as `schema` and
    `models` do not lie among other people's; it is put first where Python looks for modules.
    """
    here = Path(__file__).parent
    packed = here / "house"
    sys.path.insert(0, str(packed if packed.is_dir() else here.parent))
    from operating.main import main as operate  # noqa: PLC0415 -- found only now.

    operate(sys.argv[1:])
