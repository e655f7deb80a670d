"""Tables and rules of fulfilment: tracking, call-offs, deliveries, parcels."""
