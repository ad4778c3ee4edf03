"""A witness: a small program of its own, with its own key, that watches logs grow.

It is shown a log's checkpoints and signs those that continue what it signed before. Whoever trusts
it knows then that the log shows everybody the same history: to show another one, log and witness
would have to be of one mind. It holds no copy of a log and never opens a store's database.
"""
