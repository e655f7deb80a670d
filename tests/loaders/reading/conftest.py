"""What tests of readers need of the executors' fixtures."""

from tests.execution.conftest import both

__all__ = ["both"]
