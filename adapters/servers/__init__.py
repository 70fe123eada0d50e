"""Real servers as processes of this one: Postgres, Valkey and NATS, from wheels of the ``servers`` extra.

``trivet up`` and the tests start the same servers in the same way; only what may be lost differs.
"""
