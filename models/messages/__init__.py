"""Tables of messages: partners, interchanges that came in and that go out."""
