"""`docker-compose.yml`, `.env.example` and the settings name the same things, and nothing floats."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from pydantic import SecretStr

from api.auth.senders import senders
from arrears.cli.config import load_settings
from arrears.engine.versions import SERVER, UI
from arrears.settings import Settings
from arrears.store import roles

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: Final[dict[str, Any]] = yaml.safe_load(TEXT)
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
EXAMPLE: Final = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)
SECRETS: Final = {name for name in EXAMPLE if re.search(r"PASSWORD|KEY", name)}
WITHOUT: Final = "ARREARS_WEBHOOK_SECRETS"  # a bank may send no events
ONCE: Final = {"migrate", "temporal-schema"}  # they end when they are done


def _asked_for() -> set[str]:
    """Names that compose takes from `.env`."""
    return set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT))


def test_what_compose_asks_for_stands_in_the_example_and_nothing_else() -> None:
    assert _asked_for() == set(EXAMPLE)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_has_no_default_and_is_required(name: str) -> None:
    assert EXAMPLE[name] == ""
    asked = re.findall(rf"(?<!\$)\$\{{{name}(.*?)\}}", TEXT)
    assert asked
    assert all(each.startswith(":?") for each in asked), asked


def test_secrets_of_senders_have_no_default_either_and_empty_means_that_nobody_sends() -> None:
    assert EXAMPLE[WITHOUT] == ""
    assert re.findall(rf"(?<!\$)\$\{{{WITHOUT}(.*?)\}}", TEXT) == [":-"]
    assert senders(Settings(_env_file=None, webhook_secrets=SecretStr(""))).secrets == {}


def test_settings_know_every_name_that_compose_sets() -> None:
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}
    ours = {name.removeprefix("ARREARS_").lower() for name in given if name.startswith("ARREARS_")}
    assert ours <= set(Settings.model_fields)


def test_each_part_comes_in_as_the_least_it_needs_to_be() -> None:
    came = {
        name: url.split("//")[1].split(":")[0]
        for name, service in SERVICES.items()
        if (url := service.get("environment", {}).get("ARREARS_DATABASE_URL"))
    }
    app = dict.fromkeys(("serve", "relay", "worker"), roles.APP)
    assert came == app | {"migrate": "arrears", "backup": roles.BACKUP}
    made = COMPOSE["configs"]["databases"]["content"]
    assert all(f"create role {role} login" in made for role in roles.ALL)


def test_a_filled_in_example_is_no_obstacle_to_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = {name: value or "ab" * 32 for name, value in EXAMPLE.items()}
    (tmp_path / ".env").write_text("\n".join(f"{name}={value}" for name, value in filled.items()))
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.token_key is not None
    assert settings.temporal_ui_url == EXAMPLE["ARREARS_TEMPORAL_UI_URL"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_are_pinned_and_services_watched(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":\d+\.\d+(\.\d+)?(-\w+)?$", service["image"]), service["image"]
    assert name in ONCE or "test" in service["healthcheck"]
    assert service["restart"] == ("on-failure" if name in ONCE else "unless-stopped")


def test_temporal_is_of_the_version_the_product_is_tested_with() -> None:
    assert SERVICES["temporal"]["image"].endswith(f":{SERVER}")
    assert SERVICES["temporal-schema"]["image"].endswith(f":{SERVER}")
    assert SERVICES["temporal-ui"]["image"].endswith(f":{UI}")


def test_only_pages_are_published_and_on_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"serve", "temporal-ui"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert SERVICES["temporal-ui"]["environment"]["TEMPORAL_DISABLE_WRITE_ACTIONS"] == "true"
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert all(
        service["networks"] == ["inside"] for name, service in SERVICES.items() if name not in published
    )
