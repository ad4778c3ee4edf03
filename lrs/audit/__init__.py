"""Proof: the Merkle tree over the log, its signed checkpoints, what an auditor does with them."""
