"""Adapters: what a platform or a file format says, translated into xAPI statements.

An adapter is a module. It is pure: the same payload gives the same statements.
"""
