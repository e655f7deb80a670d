"""Reports of payments, made over the API."""

from typing import Any

from tests.make import Ask

_FIELDS = """
  payment { id reference state amount { amount currency } occurredAt recordedAt }
  order {
    id version paymentState isStoppedByPayment availableActions
    payments { reference state amount { amount } }
    timeline(last: 1) { nodes { type payload occurredAt } }
  }
  userErrors { code field message }
"""
RECORD = f"""
mutation ($input: OrderRecordPaymentInput!) {{
  it: orderRecordPayment(input: $input) {{ {_FIELDS} }}
}}
"""
RECORD_ALL = f"""
mutation ($input: OrdersRecordPaymentsInput!) {{
  it: ordersRecordPayments(input: $input) {{
    results {{ status {_FIELDS} }} userErrors {{ code field }}
  }}
}}
"""
NOON = "2026-03-01T12:00:00+00:00"


def report(order: dict[str, Any], state: str, amount: str | None = None, **more: Any) -> Any:
    """Return a report of an order in EUR. more: of its input."""
    money = {} if amount is None else {"amount": {"amount": amount, "currency": "EUR"}}
    own = {"orderId": order["id"], "reference": "R-1", "state": state, "occurredAt": NOON}
    return {**own, **money, **more}


async def try_record(ask: Ask, order: dict[str, Any], state: str, *amount: str, **more: Any) -> Any:
    """Report a payment and return the payload, refused or not."""
    return (await ask(RECORD, input=report(order, state, *amount, **more)))["it"]


async def record(ask: Ask, order: dict[str, Any], state: str, *amount: str, **more: Any) -> Any:
    """Report a payment that must not be refused."""
    payload = await try_record(ask, order, state, *amount, **more)
    assert payload["userErrors"] == []
    return payload
