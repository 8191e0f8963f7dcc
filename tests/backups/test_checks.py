"""`restore --check`: whether a backup could be restored, without restoring it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from assets.models import Asset

from .conftest import Create

pytestmark = pytest.mark.django_db(transaction=True)


def check(file: Path) -> str:
    out = StringIO()
    call_command("restore", str(file), "--check", stdout=out)
    return out.getvalue()


def test_a_whole_one_is_called_whole_and_nothing_changes(
    picture: Asset, create: Create, folders: Path
) -> None:
    made = create()
    Asset.objects.all().update(bytes=1)

    said = check(made.path)

    assert said.startswith("Whole: ")
    assert "2 media files" in said
    assert Asset.objects.get().bytes == 1
    assert not AuditEntry.objects.filter(action="backup.restored").exists()
    assert not list((folders / "data").glob(".restoring-*"))


def test_one_that_is_cut_short_is_not(picture: Asset, create: Create, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tar"
    cut.write_bytes(create().path.read_bytes()[:-5000])

    with pytest.raises(CommandError, match="damaged or cut short"):
        check(cut)
