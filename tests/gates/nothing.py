"""Verbs that can make no rule of docs/INVARIANTS.md false, each with the reason."""

NOTHING = {
    "apiKeyRevoke": "It takes rights away; no row of business changes.",
    "contractActivate": "It lets a draft be called off, within all that it agrees on.",
    "contractResume": "It lets call-offs go on, within all that the contract agrees on.",
    "contractSuspend": "It only stops call-offs and releases.",
    "deliveryExcuse": "It says why something comes late; what is due for that is computed.",
    "documentsRegister": "It keeps the text of operations; no row of business changes.",
    "interchangeMessagesReplay": "It lets messages wait to be read; no row of business changes.",
    "interchangeReceive": "It keeps what partners write; what reads that goes by other verbs.",
    "interchangeReject": "It answers a partner; no row of business changes.",
    "interchangeReplay": "It reads an interchange once more; no row of business changes.",
    "outgoingInterchangeSend": "It notes that a file was handed over; no row of business changes.",
    "partnerProfilesUpsert": "It says how partners write; no row of business changes.",
    "releaseAnswer": "It tells a customer what cannot be met; the schedule stays as it is.",
    "releaseReject": "What was in force before stays so.",
    "priceListEntriesUpsert": "Prices bear on no rule; orders keep what they were placed at.",
}
