"""Call-off schedules as customers send them (DELFOR, DELJIT, VDA 4905), read into one structure.

`edifact.schedule_of` reads the groups of a message by `tables`, `vda.schedules_of` reads fixed
records; both give a `messages.ScheduleMessage`. Which code means what is data: `habits.Habits`.
"""
