"""Học bạ, a learning-record store: the server, its log, its commands.

This package composes the others. It alone knows FastAPI, threads and files.
"""

__version__ = "0.1.0"
