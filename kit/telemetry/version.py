"""The version of this program; the wheel has it from here, too."""

VERSION = "0.1.0"
