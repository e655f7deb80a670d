"""Contracts: what mutations call."""

from commands.contracts import amend as amending
from commands.contracts import create as creating
from commands.contracts import life
from commands.contracts import settle as settling
from resolvers.writing import writes

create = writes(creating.create)
amend = writes(amending.amend)
activate = writes(life.activate)
suspend = writes(life.suspend)
resume = writes(life.resume)
terminate = writes(life.terminate)
settle = writes(settling.settle)
