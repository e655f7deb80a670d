"""What is refused before anything is looked up: too long, too deep, too dear, too late."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    Source,
    Token,
    specified_rules,
    validate,
)
from graphql.language.ast import Location
from graphql.language.parser import Parser, nested_too_deeply_error
from graphql.validation.rules import overlapping_fields_can_be_merged
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types import ExecutionContext

from admission.costs import Catalogue, Kind, catalogue
from admission.limits import Measured, Price
from admission.sizes import LARGEST_INT
from execution.statements import bytes_of
from kit.limits import DEEP, ENTRIES, IN_ALL, INSIDE, LARGEST_PAGE, Limits
from kit.loop.apart import Apart
from kit.loop.recent import Recent
from kit.loop.work import Grown, TooLarge
from kit.telemetry import trace
from schema.graphql.errors import ClientError, ErrorCode

DOCUMENTS = 12 * 1024 * 1024
"""Bytes of documents that are remembered, with what they were found to ask for."""
MOST_ERRORS = 5
"""Of validation, for one document: each takes its time, and may quote a value of 20 kB."""
MOST_ERROR_TEXT = 10_000
"""Characters that errors of a document may quote: of a long one fewer are told, at least one."""
LONGEST_ALIAS = 100
"""Characters: an answer repeats it for each object."""
MOST_VARIABLES = 100
"""Of an operation."""
MOST_UNKNOWN = 20
"""Fields that are not there, in a document that is validated at all."""
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 10_000
"""Comparisons of equal fields, twice counted: graphql-core's own 500,000 take more than a second.

No document that people send has come near it; within `repeats` and `spreads` 40,000 are possible.
"""
CHARACTERS = 1_000
"""Of a document that its payer has not paid yet cost a point: it is read, even to be refused."""
READ = 200
"""Entries of variables, beyond those of one list, cost a point: they are read before they run."""


@dataclass(frozen=True)
class _Known:
    """A document without faults."""

    document: DocumentNode
    measured: Measured


_Name = tuple[GraphQLSchema, str, int]
"""A schema, a document's text, and with how many tokens it was parsed."""
_KNOWN: Recent[_Known] = Recent(DOCUMENTS)
"""What is refused is not among them."""


def measured(context: ExecutionContext) -> Measured:
    """Return what a running operation's document was found to ask for."""
    found: Measured = context.context.measured
    return found


class _Parser(Parser):
    """Says of nodes where they stand, and not of which tokens: a third of what they take."""

    def loc(self, start_token: Token) -> Location | None:
        """Return where a node stands that begins with a token."""
        found = super().loc(start_token)
        if found is not None:
            del found.start_token, found.end_token
        return found


def _parsed(text: str, limits: Limits) -> DocumentNode:
    """Parse, and let go of the tokens: they hold each other, which only the collector would end.

    So does an error hold the parser that has met it, with all that it has read.
    """
    parser = _Parser(Source(text), max_lexical_tokens=limits.tokens)
    try:
        return parser.parse_document()
    except GraphQLSyntaxError as error:
        refused = error.with_traceback(None)
    except RecursionError:
        refused = nested_too_deeply_error(parser)
    finally:
        _let_go(parser._lexer.token)  # noqa: SLF001 -- nothing else knows them.
    try:
        raise refused
    finally:
        del refused, parser


def _let_go(token: Token | None) -> None:
    """Let tokens go that hold each other, back from the last one."""
    while token:
        before, token.prev, token.next = token.prev, None, None
        token = before


def faults(schema: GraphQLSchema, text: str, limits: Limits) -> list[str]:
    """Return what is wrong with a document that nobody runs yet."""
    try:
        document = _parsed(text, limits)
    except GraphQLSyntaxError as error:
        return [error.message]
    except RecursionError as error:
        return [str(error)]
    counted = list(_beyond(Measured(catalogue(schema), document), limits))
    return [error.message for error in counted or _validated(schema, document)]


def _validated(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """Validate without "Did you mean": no stranger learns the schema by guessing."""
    rules = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
    length = document.loc.end if document.loc else MOST_ERROR_TEXT
    most = max(1, min(MOST_ERRORS, MOST_ERROR_TEXT // max(length, 1)))
    return validate(schema, document, rules, most, hide_suggestions=True)


def _beyond(measured: Measured, limits: Limits) -> Iterator[GraphQLError]:
    """Give what a document has too much of, whatever its variables are."""
    counts = measured.counts
    for wording, count, most in (
        ("The document holds {:,} operations", measured.operations, limits.operations),
        ("The operation nests its fields {:,} levels deep", counts.depth, limits.depth),
        ("The operation asks for {:,} root fields", counts.root_fields, limits.root_fields),
        ("The operation has {:,} aliases", counts.aliases, limits.aliases),
        ("An alias is {:,} characters long", counts.key, LONGEST_ALIAS),
        ("The operation has {:,} fields that read", counts.reads, limits.reads),
        ("The operation has {:,} directives", counts.directives, limits.directives),
        ("An operation declares {:,} variables", counts.variables, MOST_VARIABLES),
        ("The document asks {:,} times for the same again", counts.repeats, limits.repeats),
        ("The document spreads fragments {:,} times", counts.spreads, limits.spreads),
        ("The document holds {:,} fragments", measured.fragments, limits.spreads),
        ("The document names {:,} fields that are not there", counts.unknown, MOST_UNKNOWN),
    ):
        if count > most:
            yield _too_much(wording, count, most)


class Limited(SchemaExtension):
    """Refuses a document that asks for too much before the rules of validation read it.

    What is not known is parsed and judged beside the event loop, for each payer one at a time.
    """

    def __init__(self, apart: Apart) -> None:
        """Take where that is done, which outlives the operation."""
        self._apart = apart

    async def on_parse(self) -> AsyncIterator[None]:
        """Bound what the parser is given, and give it nothing that is known."""
        context, limits = self.execution_context, self.execution_context.context.limits
        length = len(context.query or "")
        if length > limits.source:
            wording = "The document is {:,} characters long"
            raise _too_much(wording, length, limits.source)
        self._name: _Name = (context.schema._schema, context.query or "", limits.tokens)  # noqa: SLF001
        self._known = _KNOWN.get(self._name)
        mine = context.context
        if not mine.documents.has_paid(mine.payer, self._name):
            # Also where others have sent it, so that nobody learns that.
            mine.bill.owe_planning(length // CHARACTERS)
        if self._known is None:
            read = partial(_parsed, context.query or "", limits)
            try:
                context.graphql_document = await self._apart.made(context.context.payer, read)
            except RecursionError as error:
                raise GraphQLError(str(error), original_error=error) from error
        else:
            context.graphql_document = self._known.document
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        """Compare what the document asks for with the limits, then validate it."""
        context = self.execution_context
        if self._known is None:
            found = await self._apart.made(context.context.payer, self._judge)
            if found is not None:
                _KNOWN.keep(self._name, *found)
        else:
            self._judge()
        context.context.bill.owe_planning(max(0, context.context.entries - ENTRIES) // READ)
        yield

    def _judge(self) -> tuple[_Known, int] | None:
        """Refuse it, or return what is to be remembered of it, and what that weighs."""
        context = self.execution_context
        schema, document = self._name[0], context.graphql_document
        assert document  # noqa: S101 -- Strawberry parses before it validates.
        known = self._known or _Known(document, Measured(catalogue(schema), document))
        context.context.measured = known.measured
        context.context.work.weights = known.measured.weights
        errors = list(self._refusals(known.measured))
        if not errors and self._known is None:
            errors = _validated(schema, document)
        if not errors:
            context.context.documents.pay(context.context.payer, self._name)
        context.pre_execution_errors = errors
        if errors or self._known is not None:
            return None
        return known, bytes_of((self._name, known), Catalogue, Kind) + known.measured.grows

    def _refusals(self, measured: Measured) -> Iterator[GraphQLError]:
        context = self.execution_context
        limits: Limits = context.context.limits
        yield from _beyond(measured, limits)
        operation = (context.operation_name, context.variables or {})
        yield from self._crowded(measured)
        if limits.page < LARGEST_PAGE and (largest := measured.largest(*operation)) > limits.page:
            # What is too much for every key is refused where it stands, with its argument.
            yield _too_much("A page or list of ids has {:,} rows", largest, limits.page)
        price = measured.price(*operation)
        context.context.bill.requested = max(1, price.cost)
        trace.CURRENT.get().cost = price.cost
        most = Price(min(limits.cost, limits.bucket), limits.nodes)
        if price.nodes > most.nodes or price.cost > most.cost:
            page = _fitting(measured, most, *operation)
            if price.nodes > most.nodes:
                wording = "The answer may hold {:,} objects"
                yield _too_much(wording, price.nodes, most.nodes, page)
            if price.cost > most.cost:
                yield _too_dear(price.cost, most.cost, page)

    def _crowded(self, measured: Measured) -> Iterator[GraphQLError]:
        """Give what arguments hold too much of, each variable as often as it is named."""
        context = self.execution_context
        entries = measured.entries(context.operation_name, context.variables or {})
        self.execution_context.context.entries = entries.together
        if entries.longest > ENTRIES:
            wording = "A list or object in the variables has {:,} entries"
            yield _too_much(wording, entries.longest, ENTRIES)
        if entries.inside > INSIDE:
            wording = "The variables hold {:,} lists and objects"
            yield _too_much(wording, entries.inside, INSIDE)
        if entries.together > IN_ALL:
            wording = "The lists and objects in the variables have {:,} entries together"
            yield _too_much(wording, entries.together, IN_ALL)
        if entries.deepest > DEEP:
            wording = "Lists and objects in the variables nest {:,} levels deep"
            yield _too_much(wording, entries.deepest, DEEP)


def page_that_fits(context: ExecutionContext, ended: TooLarge) -> int:
    """Return a page size with which an answer that became too large should fit, 0 if none does.

    As far below the largest page as the answer was beyond its limit; where it ended at the limit,
    how much more there was is not known, and half is told.
    """
    count = measured(context).largest(context.operation_name, context.variables or {})
    work, most = context.context.work, ended.most
    grown = work.objects if ended.of is Grown.OBJECTS else work.bytes
    return int(count * most // max(grown, 2 * most))


class Deadline(SchemaExtension):
    """Ends an operation that takes too long, with the statement that it waits for."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Cancel everything inside when the time is over; reads that nobody awaits end with it.

        A subscription gets the time anew for each event (`Context.begin`, `Context.pause`).
        """
        context = self.execution_context.context
        try:
            async with asyncio.timeout(context.limits.deadline) as context.deadline:
                yield
        finally:
            context.reads.interrupt()


def _too_much(wording: str, count: int, most: int, page: int = 0) -> ClientError:
    """Return a refusal. page: with which it fits, 0 where none is known."""
    count, fits = min(count, LARGEST_INT), {"fits": page} if page else {}
    message = f"{wording.format(count)}; {most:,} is the most."
    if page:
        message = f"{message[:-1]}: with pages of at most {page} it fits."
    code = ErrorCode.GRAPHQL_VALIDATION_FAILED
    return ClientError(code, message, requested=count, maximum=most, **fits)


def _too_dear(cost: int, most: int, page: int) -> ClientError:
    fits = f"with pages of at most {page} it fits." if page else "ask for less at a time."
    message = f"The operation costs {cost:,} points, {most:,} is the most: {fits}"
    more = {"fits": page} if page else {}
    return ClientError(ErrorCode.MAX_COST_EXCEEDED, message, requested=cost, maximum=most, **more)


def _fitting(measured: Measured, most: Price, name: str | None, variables: dict[str, Any]) -> int:
    """Return the largest page size with which cost and objects fit, 0 if none does."""
    fits, too_dear = 0, LARGEST_PAGE + 1
    while too_dear - fits > 1:
        page = (fits + too_dear) // 2
        price = measured.price(name, variables, page)
        if price.cost <= most.cost and price.nodes <= most.nodes:
            fits = page
        else:
            too_dear = page
    return fits
