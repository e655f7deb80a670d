"""Contracts for clients: words, types, roots."""

from schema.contracts.roots import ContractsMutation, ContractsQuery
from schema.contracts.types import Contract, ContractLine

__all__ = ["Contract", "ContractLine", "ContractsMutation", "ContractsQuery"]
