"""Call-off schedules as customers send them (DELFOR, DELJIT, VDA 4905), read into one structure.

`edifact.schedule_portions` reads the groups of a message by `tables`, `vda.transmission_portions`
fixed records; both give a `messages.ScheduleMessage` in portions, of which one is held at a time.
Which code means what is data: `habits.Habits`.
"""
