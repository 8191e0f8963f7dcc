"""The wheel, the system packages and the compose file have what the product needs."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
NOT_SHIPPED = {"bench", "rehearsal", "tests"}


def test_the_wheel_has_every_package_of_the_product_inside_of_one() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    shipped = build["targets"]["wheel"]["force-include"]
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_SHIPPED

    assert {*packages, "locale", "manage.py", "pyproject.toml", "static", "templates"} == set(
        shipped
    )
    assert all(place == f"panic_wall/product/{name}" for name, place in shipped.items())


def test_the_service_of_the_packages_starts_what_they_install() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.read(ROOT / "deploy/package/system/panic-wall.service")
    service = unit["Service"]
    build = (ROOT / "deploy/package/build").read_text()

    assert service["ExecStart"] == "/usr/bin/panic up"
    assert '"$root/usr/bin/panic"' in build
    assert service["EnvironmentFile"] == "-/etc/panic-wall/environment"
    assert '"$root/etc/panic-wall/environment"' in build
    assert service["Environment"] == f"PANIC_DATA_DIR=/var/lib/{service['StateDirectory']}"
    assert int(service["TimeoutStopSec"]) > 10  # `up` ends within 10 s


def test_the_compose_file_keeps_data_and_names_known_settings() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    panic = services["panic"]
    documented = (ROOT / "docs/configuration.md").read_text()
    volume = re.search(r"^VOLUME (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert volume is not None
    assert panic["volumes"] == [f"panic-data:{volume[1]}"]
    assert [name for name in panic["environment"] if f"`{name}`" not in documented] == []
    assert all(one.get("profiles") for name, one in services.items() if name != "panic")
