"""Providers that speak the real protocols on loopback, keep their own count, and fail on purpose.

Each runs as a process of its own (`python -m broadcaster.demo.simulators NAME`) and, for tests, in process as
an async context manager. A new one is a module with a class like `CmGateway` and a line in `__main__`.
"""
