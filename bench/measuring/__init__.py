"""How engines are loaded and timed, and that they give the same answers."""
