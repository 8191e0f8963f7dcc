"""Every setting of docs/configuration.md with a valid value that is not its default.

A row of the document without a value here fails `tests/thorough/processes/test_configuration.py`.
"""

from __future__ import annotations

from tests.fake_servers.s3 import Bucket
from tests.stack import Stack

NOBODY = "http://127.0.0.1:9"  # an address that nothing answers at
VALUES = {
    "PANIC_WORKERS": "1",
    "PANIC_CONCURRENT_CALLS": "50",
    "PUBLIC_URL": "https://panic.example",
    "TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8,::1",
    "ALLOWED_HOSTS": "panic.example,.gallery.example,localhost,127.0.0.1",
    "SECRET_KEY": "a-long-and-random-text-of-the-operators-own-choice-0123456789",
    "CREDENTIAL_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "API_CALLS_PER_MINUTE": "100000",
    "VISITOR_PRESSES_PER_MINUTE": "30",
    "EMAIL_URL": "smtp+tls://user:password@127.0.0.1:9",
    "MAIL_FROM": "panic@panic.example",
    "DEBUG": "yes",
    "LOG_LEVEL": "WARNING",
    "LOG_FORMAT": "json",
    "SCREEN_GONE_MINUTES": "15",
    "SENTRY_DSN": "http://key@127.0.0.1:9/1",
    "METRICS_TOKEN": "a-token-for-metrics",
    "DATABASE_URL": "postgres://postgres@127.0.0.1:9/panic",
    "SQLITE_SYNCHRONOUS": "NORMAL",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "WAKEUP": "database",
    "EVENTS_KEPT_DAYS": "7",
    "UPLOAD_MAX_MB": "500",
    "UPLOADS_MAX_MB_PER_PERSON": "1000",
    "DISK_FLOOR_MB": "500",
    "RUNS_DISK_FLOOR_MB": "400",
    "S3_BUCKET": "panic-media",
    "S3_ENDPOINT_URL": NOBODY,
    "S3_REGION": "eu-central-1",
    "S3_ACCESS_KEY_ID": "an-id",
    "S3_SECRET_ACCESS_KEY": "a-secret",
    "BACKUP_DIR": "/tmp/panic-backups-of-a-test",  # noqa: S108  never made: its hours are not over
    "BACKUP_EVERY_HOURS": "48",
    "BACKUPS_KEPT": "3:2:1",
    "BACKUP_MEDIA": "no",
    "BACKUP_PASSPHRASE": "a moth in the lamp",
    "REPLICATE_API_TOKEN": "r8_an_operators_key",
    "OPENAI_API_KEY": "sk-an-operators-key",
    "ANTHROPIC_API_KEY": "sk-ant-an-operators-key",
    "GEMINI_API_KEY": "an-operators-key",
    "REPLICATE_BASE_URL": NOBODY,
    "OPENAI_BASE_URL": f"{NOBODY}/v1",
    "ANTHROPIC_BASE_URL": NOBODY,
    "GEMINI_BASE_URL": NOBODY,
    "VESTABOARD_BASE_URL": NOBODY,
    "COMPATIBLE_BASE_URL": f"box={NOBODY}/v1,rack={NOBODY}/v1",
    "COMFYUI_BASE_URL": NOBODY,
    "COMPATIBLE_API_KEY": "rack=secret",
    "PICTURE_CHECK": "tests.picture_check.allow_all",
    "PICTURE_CHECK_FAILING": "refuse",
    "PICTURE_CHECK_LIMIT": "40",
    "PLATFORM_LIMITS": "replicate:20:600,openai:5",
    "FILM_PROCESSES": "1",
    "FILMS_PER_PERSON": "3",
    "FILM_GIGABYTES": "10",
    "FILM_LEARNED_MINUTES": "5",
    "FILM_FRAMES_DAYS": "1",
    "FILMS_KEPT_DAYS": "90",
    "RUNS_KEPT_DAYS": "365",
    "FULL_DISK_REMOVES_AFTER_DAYS": "30",
}
OF_THE_STACK = {"PANIC_DATA_DIR", "PANIC_PORT"}  # every stack has its own


def of_bucket(bucket: Bucket) -> dict[str, str]:
    return {"S3_BUCKET": bucket.name, "S3_ENDPOINT_URL": bucket.endpoint}


def must_work(stack: Stack) -> str:
    """One lap of pictures and words; the address of the picture, which it has fetched."""
    with stack.client(stack.token(admin=True)) as client:
        settings = {
            "name": "Configured",
            "model_ids": ["dummy:text-to-image", "dummy:image-to-text"],
            "pacing": [{"until_seconds": None, "delay_seconds": 0}],
            "budgets": {"laps_per_run": 1},
        }
        made = client.post("/api/v1/networks", json=settings).raise_for_status().json()
        path = f"/api/v1/networks/{made['slug']}/runs"
        run = client.post(path, json={"prompt": "a moth"}).raise_for_status().json()["id"]

        def over() -> bool:
            return str(client.get(f"/api/v1/runs/{run}").json()["state"]) != "running"

        stack.wait_until(over, 60, "the lap is done")
        steps = client.get(f"/api/v1/runs/{run}/invocations").raise_for_status().json()["items"]
        assert [step["state"] for step in steps] == ["completed", "completed"], steps
        address = str(steps[0]["output"]["asset"]["url"])
        picture = client.get(address).raise_for_status()
        assert picture.headers["content-type"].startswith("image/")
        return address
