from __future__ import annotations

from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    name = "credentials"

    def ready(self) -> None:
        from platforms import servers

        from .server_registry import known_servers

        servers.read_from(known_servers)
