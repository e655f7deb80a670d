"""What attacks need of the other floors' fixtures."""

from tests.transport.conftest import served

__all__ = ["served"]
