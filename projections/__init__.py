"""Projections: tables filled from the log, and the queries that read them.

A projection is a module. It is pure: the same events in the same order give the same tables, so any
table can be thrown away and rebuilt from the log.
"""
