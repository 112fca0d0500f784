"""Devices that are not there: each speaks the exact wire of a real one, and obeys physics.

A fake stands where a charger, a barrier or a sensor would stand: it connects as that does, says
what that says, in its units and with its habits, and does what it is told. So drivers are tried
without hardware, and whoever writes one sees both sides of the conversation. Fakes know nothing of
agents, money or the ledger: what they know of a driver is what came over the wire.
"""
