"""Schema migrations of every service, applied by ``adapters/storage/migrate.py``."""
