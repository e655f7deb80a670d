"""Releases: schedules that customers send on contract lines (Lieferabruf, Feinabruf)."""
