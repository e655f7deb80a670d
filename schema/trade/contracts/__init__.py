"""Contracts for clients: words, types, roots."""

from schema.trade.contracts.roots import ContractsMutation, ContractsQuery
from schema.trade.contracts.types import Contract, ContractLine

__all__ = ["Contract", "ContractLine", "ContractsMutation", "ContractsQuery"]
