"""The checks that verification is made of, one module each. A check sees the log go by and says at
the end what it did not find as it must be.
"""
