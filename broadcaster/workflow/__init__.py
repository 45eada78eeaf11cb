"""The life of an alert, from draft to boards and deliveries: who may do what, and what follows.

Functions that take a connection are one transaction, or part of one; they decide and write, and send
nothing.
"""
