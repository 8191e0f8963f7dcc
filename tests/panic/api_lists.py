"""Every list and thing that the API gives, and how much of it is asked for when it is counted."""

from __future__ import annotations

from accounts.models import User
from credentials.models import Credential

WITH_WEIGHTS = {"/api/v1/search"}  # counted where it is tested: tests/observatory/test_search.py
LISTS = {
    "/api/v1/models": "?all=1",
    "/api/v1/models/{model_id}": "",
    "/api/v1/networks": "?limit=500",
    "/api/v1/networks/{slug}": "",
    "/api/v1/networks/{slug}/collaborators": "",
    "/api/v1/networks/{slug}/attendant": "",
    "/api/v1/networks/{slug}/costs": "",
    "/api/v1/networks/{slug}/warm": "",
    "/api/v1/networks/{slug}/stream": "",
    "/api/v1/networks/{slug}/stream/targets": "",
    "/api/v1/networks/{slug}/holdings": "",
    "/api/v1/networks/{slug}/runs": "?limit=500&q=moth",
    "/api/v1/runs": "?limit=500&state=running",
    "/api/v1/runs/{run_id}": "",
    "/api/v1/runs/{run_id}/bundle": "",
    "/api/v1/runs/{run_id}/invocations": "?limit=500",
    "/api/v1/invocations/{invocation_id}": "",
    "/api/v1/sheets/{sheet_id}": "",
    "/api/v1/stop-all/{stop_all_id}": "",
    "/api/v1/boards": "?limit=500",
    "/api/v1/boards/{board_id}": "",
    "/api/v1/notification-channels": "?limit=500",
    "/api/v1/notification-channels/{channel_id}": "",
    "/api/v1/servers": "?limit=500",
    "/api/v1/servers/{server_id}": "",
    "/api/v1/workers": "?limit=500",
    "/api/v1/workers/tokens": "",
    "/api/v1/workers/{worker_id}": "",
    "/api/v1/invocations/{invocation_id}/log": "",
    "/api/v1/runs/{run_id}/blocklist": "",
    "/api/v1/invocations/{invocation_id}/why-waiting": "",
    "/api/v1/invocations/{invocation_id}/timeline": "",
    "/api/v1/uploads/{upload_id}": "",
    "/api/v1/films": "?limit=500",
    "/api/v1/films/{film_id}": "",
    "/api/v1/runs/{run_id}/trajectory": "",
    "/api/v1/networks/{slug}/trajectory": "",
    "/api/v1/redraws/{redraw_id}": "",
    "/api/v1/workflows": "?limit=500",
    "/api/v1/workflows/{workflow_id}": "",
    "/api/v1/installations": "?limit=500",
    "/api/v1/installations/{installation_id}": "",
    "/api/v1/installations/{installation_id}/displays": "",
    "/api/v1/installations/{installation_id}/displays/{name}": "",
    "/api/v1/installations/{installation_id}/watching": "",
    "/api/v1/credentials": "?limit=500",
    "/api/v1/credentials/{credential_id}": "",
    "/api/v1/networks/{slug}/credentials": "",
    "/api/v1/house-keys": "",
    "/api/v1/house-keys/people": "?limit=500",
    "/api/v1/featured-network": "",
    "/api/v1/privacy-notices": "",
    "/api/v1/backups": "",
    "/api/v1/backups/{backup}": "",
    "/api/v1/events": "?topic={topic}&limit=500",
}


def keys_of(owner: User, friend: User) -> str:
    """Thirty keys, each lent to somebody."""
    for number in range(30):
        plain = f"r8_of-a-test-{number:04}"
        key = Credential.store(owner=owner, platform="replicate", name=f"{number}", plain=plain)
        key.loans.create(email=friend.email)
    return key.public_id
