"""The reading operations as PostGraphile's clients ask them; aliases name the values as ours are.

A delivery is a part of orders through its lines: that is its plug-in for many-to-many relations.
"""

_DELIVERY = """
  id: rowId number state earliest: windowEarliest latest: windowLatest timeZone: windowZone
  lines: deliveryLinesByMerchantIdAndDeliveryIdList { id: rowId planned shipped }
"""
_DELIVERIES = """
  deliveries: deliveriesByDeliveryLineMerchantIdAndOrderIdAndMerchantIdAndDeliveryIdList(
    orderBy: [WINDOW_LATEST_ASC]
  )
"""
ORDER = f"""
  id: rowId number state placedAt currency
  lines: orderLinesByMerchantIdAndOrderIdList(orderBy: [LINE_NO_ASC]) {{
    id: rowId lineNo ordered shipped delivered amount: unitPrice currency
    product: productByMerchantIdAndProductIdAndUnitAndScale {{ id: rowId sku }}
  }}
  {_DELIVERIES} {{
    {_DELIVERY}
    parcels: parcelsByMerchantIdAndDeliveryIdList {{
      id: rowId sscc status
      events: trackingEventsByMerchantIdAndParcelIdList(orderBy: [OCCURRED_AT_ASC], first: 10) {{
        id: rowId status occurredAt
      }}
    }}
  }}
"""
LIST = f"{{ answer: allOrdersList(first: 20, orderBy: [PLACED_AT_DESC]) {{ {ORDER} }} }}"
ONE = f"""
query ($merchant: UUID!, $number: String!) {{
  answer: orderByMerchantIdAndNumber(merchantId: $merchant, number: $number) {{ {ORDER} }}
}}
"""
CONTRACT = f"""
query ($merchant: UUID!, $number: String!) {{
  answer: contractByMerchantIdAndNumber(merchantId: $merchant, number: $number) {{
    id: rowId number currency validFrom validTo
    party: partyByMerchantIdAndPartyId {{ id: rowId number name }}
    lines: contractLinesByMerchantIdAndContractIdList(orderBy: [LINE_NO_ASC]) {{
      id: rowId lineNo targetQuantity calledOff delivered
      cumulativeReleased: released shipped cumulativeReceived: received
      product: productByMerchantIdAndProductIdAndUnitAndScale {{ id: rowId sku }}
    }}
    callOffs: ordersByMerchantIdAndContractIdList(
      first: 10, condition: {{ state: "CONFIRMED" }}, orderBy: [PLACED_AT_DESC]
    ) {{
      id: rowId number placedAt
      lines: orderLinesByMerchantIdAndOrderIdList(orderBy: [LINE_NO_ASC]) {{
        id: rowId lineNo ordered shipped delivered
      }}
      {_DELIVERIES} {{ {_DELIVERY} }}
    }}
  }}
}}
"""
TRACK = f"""
query ($number: String!) {{
  answer: allTrackingNumbersList(first: 1, condition: {{ number: $number }}) {{
    parcel: parcelByMerchantIdAndParcelId {{
      id: rowId sscc status statusAt isDelayed
      carrier: partyByMerchantIdAndCarrierId {{ id: rowId name }}
      events: trackingEventsByMerchantIdAndParcelIdList(orderBy: [OCCURRED_AT_ASC], first: 10) {{
        id: rowId status occurredAt originalStatus place
      }}
      delivery: deliveryByMerchantIdAndDeliveryId {{
        {_DELIVERY}
        orders: ordersByDeliveryLineMerchantIdAndDeliveryIdAndMerchantIdAndOrderIdList {{
          id: rowId number state placedAt
        }}
      }}
    }}
  }}
}}
"""
