"""Environments of envpool, which steps many in C++ threads. Nothing but its name."""
