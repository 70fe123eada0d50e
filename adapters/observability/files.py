"""The files of ``deploy/`` that code makes: ``python -m adapters.observability.files`` writes them."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from adapters.observability.dashboards import dashboards
from adapters.observability.scraping import prometheus_config

_HEAD = "# Made by `python -m adapters.observability.files` from the list of processes.\n\n"


def made() -> Mapping[Path, str]:
    """Every such file, relative to the checkout, with its text."""
    scraping = yaml.safe_dump(prometheus_config(), sort_keys=False, width=110)
    texts = {Path("deploy/prometheus/prometheus.yml"): _HEAD + scraping}
    for name, drawn in dashboards().items():
        texts[Path("deploy/grafana/dashboards") / name] = json.dumps(drawn, indent=1) + "\n"
    return texts


def write(checkout: Path) -> None:
    """Write them below ``checkout``."""
    for path, text in made().items():
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path())
