"""The operations as Abruf's clients ask them."""

ORDER = """
  id number state placedAt currency
  lines { id lineNo ordered shipped delivered unitPrice { amount currency } product { id sku } }
  deliveries {
    id number state window { earliest latest timeZone }
    lines { id planned shipped }
    parcels { id sscc status events(first: 10) { nodes { id status occurredAt } } }
  }
"""
LIST = f"{{ answer: orders(first: 20) {{ nodes {{ {ORDER} }} }} }}"
ONE = f"query ($number: String!) {{ answer: order(number: $number) {{ {ORDER} }} }}"
CONTRACT = """
query ($number: String!) {
  answer: contract(number: $number) {
    id number currency validFrom validTo party { id number name }
    lines {
      id lineNo targetQuantity calledOff delivered
      cumulativeReleased shipped cumulativeReceived product { id sku }
    }
    callOffs(first: 10, filter: { states: [CONFIRMED] }) {
      nodes {
        id number placedAt lines { id lineNo ordered shipped delivered }
        deliveries {
          id number state window { earliest latest timeZone } lines { id planned shipped }
        }
      }
    }
  }
}
"""
TRACK = """
query ($number: String!) {
  answer: parcel(trackingNumber: $number) {
    id sscc status statusAt isDelayed carrier { id name }
    events(first: 10) { nodes { id status occurredAt originalStatus place } }
    delivery {
      id number state window { earliest latest timeZone } lines { id planned shipped }
      orders { id number state placedAt }
    }
  }
}
"""
PLACE = """
mutation ($input: OrderPlaceInput!) {
  answer: orderPlace(input: $input) { userErrors { code message } order { id number state } }
}
"""
SCAN = """
mutation ($input: ParcelRecordTrackingInput!) {
  answer: parcelRecordTracking(input: $input) {
    userErrors { code message } results { status userErrors { code message } event { id } }
  }
}
"""
