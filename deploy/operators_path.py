"""The path of an operator, as docs/operations.md says it: production settings, HTTPS behind nginx, a backup, an upgrade, a
restore over what is there, and one on a new machine.

What is run are the code blocks of the document. Only what this machine cannot be is replaced: paths and ports lie in a
folder of its own, `systemctl` is this script, and `git pull` brings nothing. The upgrade is followed twice: by a restart of what is
here, and on a machine whose database an earlier version has left behind, with a run in flight. Exit status 1 where anything is not as the
document says; 3 where there is no nginx.
"""

# ruff: noqa: T201, S603, S607, S501  (it speaks to whoever looks, runs what the document says, and has made the certificate)

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs/operations.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
HOST = "panic.example"
START_SECONDS = 240.0


def section(title: str) -> str:
    """What stands under a heading of the document, without what stands under the next one."""
    found = re.search(
        rf"^##+ {re.escape(title)}\n(.*?)(?=^##+ |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL
    )
    if found is None:
        raise SystemExit(f"docs/operations.md has no section {title!r} any more.")
    return found[1]


def blocks(title: str, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(section(title)) if kind == language]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def check(fact: object, sentence: str) -> None:
    if not fact:
        raise SystemExit(f"FAILED: {sentence}")
    print(f"ok  {sentence}", flush=True)


class Machine:
    """One machine that the document is followed on: its data folder, the service, and nginx before it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.data = folder / name
        self.data.mkdir()
        self.port, self.https = free_port(), free_port()
        self.service: subprocess.Popen[bytes] | None = None
        self.log = folder / f"{name}.log"
        self.replaced = self.replacements()
        self.environment = {
            **{k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "TMPDIR"}},
            "PATH": f"{ROOT / '.venv/bin'}:/usr/sbin:{os.environ['PATH']}",
            "PANIC_DATA_DIR": str(self.data),
            "PANIC_PORT": str(self.port),
            "PANIC_WORKERS": "1",
        }
        self.instead: dict[str, Callable[[], object]] = {
            'make run ARGS="--host 127.0.0.1"': self.start,
            "make run": self.start,
            "systemctl stop panic": self.stop,
            "nginx -t && systemctl reload nginx": self.start_nginx,
            "git pull": lambda: None,
        }

    def replacements(self) -> dict[str, str]:
        return {
            "/mnt/other-disk": str(self.folder / "other-disk"),
            "/etc/ssl/": f"{self.folder}/",
            "127.0.0.1:8000": f"127.0.0.1:{self.port}",
            "listen 443 ssl": f"listen 127.0.0.1:{self.https} ssl",
        }

    def leave(self) -> None:
        self.stop()
        self.stop_nginx()

    def here(self, text: str) -> str:
        for there, instead in self.replaced.items():
            text = text.replace(there, instead)
        return text

    def follow(self, block: str) -> str:
        """Run the commands of a block; what the last one said."""
        said = ""
        for command in block.replace("\\\n", " ").strip().splitlines():
            print(f"--  {command}", flush=True)
            if instead := self.instead.get(command):
                instead()
            else:
                said = self.run(command)
        return said

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-ec", self.here(command)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=600,
        )
        if done.returncode:
            raise SystemExit(f"FAILED with {done.returncode}: {command}\n{done.stdout}")
        return done.stdout

    # The service

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.service = subprocess.Popen(
                ["make", "run", "ARGS=--host 127.0.0.1"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait(self.is_ready, "the service is ready")

    def stop(self) -> None:
        if self.service is not None:
            os.killpg(self.service.pid, signal.SIGTERM)
            self.service.wait(30)
            self.service = None

    def is_ready(self) -> bool:
        if self.service is not None and self.service.poll() is not None:
            raise SystemExit(f"FAILED: the service has ended.\n{self.log.read_text()[-3000:]}")
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/readyz", headers={"Host": HOST})
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def wait(self, met: Callable[[], bool], sentence: str) -> None:
        until = time.monotonic() + START_SECONDS
        while not met():
            if time.monotonic() > until:
                raise SystemExit(f"FAILED: {sentence}, but not within {START_SECONDS:.0f} s")
            time.sleep(0.5)
        print(f"ok  {sentence}", flush=True)

    # nginx

    def start_nginx(self) -> None:
        server = self.here(blocks("HTTPS behind nginx", "nginx")[0])
        places = "\n".join(
            f"{kind}_temp_path {self.folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            f"pid {self.folder}/nginx.pid;\nerror_log {self.folder}/nginx.log;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{places}\n{server}\n}}\n"
        )
        self.run(f"nginx -t -c {configuration}")
        self.run(f"nginx -c {configuration}")

    def stop_nginx(self) -> None:
        pid = self.folder / "nginx.pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGTERM)
            pid.unlink(missing_ok=True)

    # As somebody outside

    def client(self, token: str = "") -> httpx.Client:
        headers = {"Host": HOST} | ({"Authorization": f"Bearer {token}"} if token else {})
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.https}",
            headers=headers,
            verify=False,
            timeout=30,
        )

    def admin_token(self) -> str:
        found = re.findall(r"admin-\w+@localhost", self.log.read_text())
        said = self.run(f".venv/bin/python manage.py create_api_token {found[0]} --admin")
        return said.strip().splitlines()[-1]


def networks(client: httpx.Client) -> set[str]:
    found = client.get("/api/v1/networks?limit=500").raise_for_status().json()["items"]
    return {one["name"] for one in found}


def add_network(client: httpx.Client, name: str) -> str:
    body = {"name": name, "model_ids": ["dummy:text-to-text", "dummy:text-to-text"]}
    return str(client.post("/api/v1/networks", json=body).raise_for_status().json()["slug"])


def check_https(machine: Machine) -> None:
    with machine.client() as client:
        page = client.get("/account/sign-in/")
        check(page.status_code == 200, "the sign-in page comes through nginx")
        cookies = page.headers.get_list("set-cookie")
        check(cookies and all("Secure" in one for one in cookies), "its cookies are for HTTPS only")
        check(client.get("/metrics").status_code == 403, "metrics are not for those outside")
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        with client.stream("GET", "/ws/mission-control/", headers=upgrade) as answer:
            check(answer.status_code == 101, "a socket comes through nginx")
    said = machine.run(".venv/bin/python manage.py check --deploy 2>&1")
    check("no issues" in said, "manage.py check --deploy has nothing to say")


def serve_and_upgrade(machine: Machine) -> tuple[str, Path]:
    """A token of the admin, and the backup that the document had made before the upgrade."""
    settings, *started = blocks("HTTPS behind nginx", "sh")
    (machine.data / ".env").write_text(settings)
    for block in started:
        machine.follow(block)
    check_https(machine)
    token = machine.admin_token()
    with machine.client(token) as client:
        slug = add_network(client, "Before the backup")
        run = client.post(f"/api/v1/networks/{slug}/runs", json={"prompt": "a moth"})
        check(run.status_code == 201, "a run starts")
    (upgrade,) = blocks("Upgrading", "sh")
    machine.follow(upgrade)
    with machine.client(token) as client:
        state = client.get(f"/api/v1/runs/{run.json()['id']}").json()["state"]
        check(state == "running", "the run goes on after the upgrade")
        add_network(client, "After the backup")
    (backup,) = (machine.folder / "other-disk").glob("*.tar")
    check(backup, "the backup lies on the other disk")
    return token, backup


def upgrade_from_earlier_version(machine: Machine) -> None:
    """What the last line of the section does with what an earlier version has left behind (tests/previous_release.py)."""
    left = ROOT / "tests/fixtures"
    packed = (left / "previous_release.sqlite3.gz").read_bytes()
    (machine.data / "panic.sqlite3").write_bytes(gzip.decompress(packed))
    run = json.loads((left / "previous_release.json").read_text())["run"]
    (machine.data / ".env").write_text(blocks("HTTPS behind nginx", "sh")[0])
    (upgrade,) = blocks("Upgrading", "sh")
    machine.follow(upgrade.strip().splitlines()[-1])
    copies = list((machine.data / "backups").glob("*-before-migration.tar"))
    check(len(copies) == 1, "the database of the earlier version was copied before its migration")
    said = machine.run(".venv/bin/python manage.py create_api_token operator@example.org --admin")
    headers = {"Host": HOST, "Authorization": f"Bearer {said.strip().splitlines()[-1]}"}
    address = f"http://127.0.0.1:{machine.port}/api/v1/runs/{run}"

    def steps() -> int:
        return int(httpx.get(address, headers=headers).raise_for_status().json()["invocations"])

    first = steps()
    machine.wait(lambda: steps() > first + 2, "its run goes on")


def restore_over(machine: Machine, backup: Path, token: str) -> None:
    machine.run(f"python manage.py restore {backup} --replace")
    with machine.client(token) as client:
        found = networks(client)
        check("Before the backup" in found, "what was there comes back, while the server runs")
        check("After the backup" not in found, "what was made since is gone")


def restore_elsewhere(machine: Machine, backup: Path, token: str) -> None:
    machine.replaced = {"/mnt/other-disk/panic-….tar --passphrase-file words": str(backup)}
    machine.replaced |= machine.replacements()
    (machine.data / ".env").write_text(blocks("HTTPS behind nginx", "sh")[0])
    (block,) = blocks("Putting one back", "sh")
    machine.follow(block)
    machine.start_nginx()
    with machine.client(token) as client:
        check("Before the backup" in networks(client), "a new machine has it, token and all")


def follow_the_document(folder: Path) -> None:
    (folder / "other-disk").mkdir()
    machines = [Machine(folder, "first")]
    try:
        token, backup = serve_and_upgrade(machines[0])
        restore_over(machines[0], backup, token)
        machines[0].leave()
        machines.append(Machine(folder, "older"))
        upgrade_from_earlier_version(machines[-1])
        machines[-1].leave()
        machines.append(Machine(folder, "second"))
        restore_elsewhere(machines[-1], backup, token)
    finally:
        for machine in machines:
            machine.leave()


def main() -> int:
    os.environ["PATH"] += ":/usr/sbin"
    if shutil.which("nginx") is None:
        print("There is no nginx on this machine.")
        return 3
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started ends, too
    with tempfile.TemporaryDirectory(prefix="panic-operator-") as folder:
        follow_the_document(Path(folder))
    print("The document was followed to its end.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
