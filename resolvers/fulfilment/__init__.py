"""Answers of fulfilment: tracking, call-offs, deliveries, parcels."""
