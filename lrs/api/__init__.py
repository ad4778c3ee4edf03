"""The store's own interface beside xAPI, under /api/v1."""
