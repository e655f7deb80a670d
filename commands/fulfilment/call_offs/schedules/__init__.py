"""Planning from schedules: effective schedules become call-offs and deliveries."""
