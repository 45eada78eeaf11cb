"""The demo: a municipality that does not exist, its providers as simulators, and one broadcast.

Everything runs as in an installation: a configuration file, keys, a database, the hub as a process of its
own, officers and displays over HTTP. What was counted at the providers is held against our own ledger.
"""
