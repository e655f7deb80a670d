"""Call-off schedules as customers send them (DELFOR, DELJIT, VDA 4905), read into one structure.

`edifact.portions_in_steps` reads the groups of a message by `tables`, `vda.portions_in_steps` fixed
records; both give a `messages.ScheduleMessage` in portions, of which one is held at a time. Which
code means what is data: `habits.Habits`.
"""
