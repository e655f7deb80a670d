"""Contracts for clients: what other rooms name of them."""

from schema.trade.contracts.guarantees import Guarantee, Supplied
from schema.trade.contracts.types import Contract, ContractLine

__all__ = ["Contract", "ContractLine", "Guarantee", "Supplied"]
