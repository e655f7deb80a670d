"""What uvicorn serves with: connections that are bounded in number, bytes and time."""
