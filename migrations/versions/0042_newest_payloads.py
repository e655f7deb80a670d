"""What the journal tells has its newest form, in entries from before that form, too."""

from migrations import walls

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

NEWEST = (
    ("'delivery.arrival_corrected'", 2, """'{"state": "DISPATCHED"}' || payload"""),
    ("'delivery.rescheduled'", 3, """'{"excuse": null}' || payload"""),
    ("'order.amendment_declined'", 2, "payload - 'moved'"),
    ("'order.arrival_corrected'", 2, """'{"reached": null}' || payload"""),
    ("'release.activated', 'contract.released'", 2, "payload - 'release_no'"),
    ("'release.superseded'", 2, """'{"by": null}'"""),
)
"""Events, their newest version, and how it is made of the one before."""
REWRITE = """
UPDATE journal SET payload = {payload}, payload_version = {version}
WHERE type IN ({types}) AND payload_version = {version} - 1
"""


def upgrade() -> None:
    """Apply."""
    for types, version, payload in NEWEST:
        walls.for_each_merchant(REWRITE.format(types=types, version=version, payload=payload))


def downgrade() -> None:
    """Undo nothing: the newest form is read by older servers, too, as they read what is later."""
