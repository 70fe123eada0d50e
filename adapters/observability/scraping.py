"""Prometheus' own configuration, made from the one list of processes."""

from typing import Any

from adapters.topology import FIRST_PORT, processes

_SECONDS = 15


def prometheus_config() -> dict[str, Any]:
    """One job for each service, named and addressed as in the compose file; its workers share the job."""
    return {
        "global": {"scrape_interval": f"{_SECONDS}s", "evaluation_interval": f"{_SECONDS}s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [_job(name, targets) for name, targets in _targets().items()],
    }


def _targets() -> dict[str, list[str]]:
    """``host:port`` of every process that serves ``/metrics``, by its service."""
    found: dict[str, list[str]] = {}
    for process in processes():
        if process.words[0] == "serve" and process.port is not None:
            found.setdefault(process.words[1], []).append(f"{process.name}:{FIRST_PORT + process.port}")
    return found


def _job(name: str, targets: list[str]) -> dict[str, Any]:
    return {"job_name": name, "static_configs": [{"targets": targets}]}
