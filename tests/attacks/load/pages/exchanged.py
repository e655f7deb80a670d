"""Many contracts and releases, prices, and what is written down or exchanged, made by SQL."""

ROWS, FEW = 20_000, 20
"""Of each list. FEW: of them have what most have not."""
_AT = "timestamptz '2026-01-01' + it * interval '1 minute'"
_SOME = f"it % {ROWS // FEW} = 5"
EXCHANGED = f"""
INSERT INTO contracts (merchant_id, id, number, party_id, purchase_order_number, ship_to_ids,
    valid_from, valid_to, time_zone, currency, reservation_strategy, priority_on, end_of_life,
    min_notice_days, firm_zone_days, trade_off_days, holding_findings, state, created_at, version)
SELECT :merchant, CASE it WHEN 6 THEN :contract ELSE gen_random_uuid() END, 'K-' || it, parties.id,
    'PO-' || it, '{{}}', '2026-01-01', date '2027-01-01' + it % 1000, 'UTC', 'EUR', 'AT_CONFIRM',
    '2026-01-01', 'EXPIRE', 0, 0, 0, '{{}}', 'ACTIVE', {_AT}, 1
FROM generate_series(1, {ROWS}) AS it
JOIN parties ON parties.merchant_id = :merchant AND parties.number = 'C-' || (1 + it % 2500);
INSERT INTO contract_lines (merchant_id, id, contract_id, line_no, product_id, unit, scale,
    target_quantity, over_tolerance_percent, under_tolerance_percent, currency, unit_price,
    called_off, carried_over, carried_least, shipped, delivered, returned)
SELECT :merchant, CASE contracts.id WHEN :contract THEN :line ELSE gen_random_uuid() END,
    contracts.id, 1, :product, 'PIECE', 0, 9, 0, 0, 'EUR', 2, 0, 0, 0, 0, 0, 0
FROM contracts WHERE contracts.merchant_id = :merchant;
INSERT INTO cumulative_accounts (merchant_id, id, contract_line_id) VALUES
    (:merchant, :account, :line);
INSERT INTO account_periods (merchant_id, id, account_id, starts_on, opening, opening_received,
    received, reconciled_received)
VALUES (:merchant, :account, :account, '2026-01-01', 0, 0, 0, 0);
INSERT INTO releases (merchant_id, id, contract_id, contract_line_id, account_id, period_id, type,
    number, issued_at, function, state, cumulative_received, tells_received, received_at)
SELECT :merchant, gen_random_uuid(), :contract, :line, :account, :account, 'FORECAST', it::text,
    {_AT}, 'REPLACE', 'SUPERSEDED', 0, true, {_AT}
FROM generate_series(1, {ROWS}) AS it;
INSERT INTO price_lists (merchant_id, id, code, name, currency, party_id, valid_from)
VALUES (:merchant, :prices, 'MANY', 'Many', 'EUR', :party, '2026-01-01');
INSERT INTO price_list_entries (merchant_id, id, price_list_id, product_id, unit, scale,
    from_quantity, currency, unit_price, is_active)
SELECT :merchant, gen_random_uuid(), :prices, products.id, 'PIECE', 0, step, 'EUR', step, true
FROM products CROSS JOIN generate_series(1, 4) AS step WHERE products.merchant_id = :merchant;
INSERT INTO partner_profiles (merchant_id, id, code, party_id, identification, qualifier,
    has_line_breaks, acknowledgement, reference_prefix, references_used, is_active)
VALUES (:merchant, :partner, 'MANY', :party, 'MANY', '', false, 'NEVER', 'M', 0, true);
INSERT INTO interchanges (merchant_id, id, received_at, source, size_bytes, sha256, state,
    partner_id, reference, wants_answer, is_test, codec, service_characters, findings)
SELECT :merchant, gen_random_uuid(), {_AT}, 'UPLOAD', 9, it::text, 'ACCEPTED', :partner,
    'REF' || it % {ROWS // FEW}, false, false, 'ascii', '', '[]'
FROM generate_series(1, {ROWS}) AS it;
INSERT INTO interchange_messages (merchant_id, id, interchange_id, number, received_at, reference,
    type, version, release, agency, association, start, length, segment_count, fate, findings)
SELECT :merchant, gen_random_uuid(), id, 1, received_at, '1',
    CASE reference WHEN 'REF5' THEN 'DELJIT' ELSE 'DELFOR' END, 'D', '96A', 'UN', '', 0, 9, 3,
    'READ', '[]'
FROM interchanges WHERE interchanges.merchant_id = :merchant;
INSERT INTO outgoing_interchanges (merchant_id, id, partner_id, message_type, reference, is_test,
    size_bytes, state, created_at, sent_at)
SELECT :merchant, gen_random_uuid(), :partner, 'CONTRL', it::text, false, 9, 'SENT', {_AT}, {_AT}
FROM generate_series(1, {ROWS}) AS it;
INSERT INTO journal (merchant_id, id, position, aggregate, aggregate_id, sequence, type,
    occurred_at, recorded_at, actor, actor_name, actor_key_id, actor_subject, address,
    idempotency_key, payload, payload_version)
SELECT :merchant, gen_random_uuid(), it, 'order', orders.id, 1,
    CASE WHEN {_SOME} THEN 'order.amendment_declined' ELSE 'order.placed' END,
    {_AT}, {_AT}, 'STAFF', 'staff', :key,
    CASE WHEN {_SOME} THEN 'mira' END, CASE WHEN {_SOME} THEN '192.0.2.7' ELSE '::1' END,
    'I-' || it % {ROWS // FEW}, '{{}}', 1
FROM generate_series(1, {ROWS}) AS it
JOIN orders ON orders.merchant_id = :merchant AND orders.number = 'O-' || lpad(it::text, 6, '0');
INSERT INTO webhooks (merchant_id, id, scopes, url, event_types, triggers, conditions, per_second,
    state, state_since, created_at, after_position, version)
VALUES (:merchant, :webhook, '{{}}', 'https://example.com', '{{*}}', '{{}}', '[]', 9, 'ACTIVE',
    '2026-01-01', '2026-01-01', 0, 1);
INSERT INTO webhook_messages (merchant_id, id, webhook_id, entry_id, position, type, aggregate,
    aggregate_id, occurred_at, state, attempts, next_at, created_at, settled_at, is_replay)
SELECT :merchant, gen_random_uuid(), :webhook, id, position, type, aggregate, aggregate_id,
    occurred_at, 'DELIVERED', 1, recorded_at, recorded_at, recorded_at, false
FROM journal WHERE journal.merchant_id = :merchant;
INSERT INTO webhook_attempts (merchant_id, id, webhook_id, message_id, type, attempted_at,
    duration_ms, status)
SELECT :merchant, gen_random_uuid(), :webhook, id, type, created_at, 9, 200
FROM webhook_messages WHERE webhook_messages.merchant_id = :merchant
"""
