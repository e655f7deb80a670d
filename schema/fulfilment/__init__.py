"""What clients see of fulfilment: tracking, call-offs, deliveries, parcels."""
