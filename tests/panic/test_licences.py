"""What `manage.py licences` lists."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from panic.licences import LISTS


def test_packages_and_weights_are_listed_with_their_licences() -> None:
    shown = StringIO()

    call_command("licences", stdout=shown)

    lines = shown.getvalue().splitlines()
    django = next(line for line in lines if line.startswith("django "))
    rife = next(line for line in lines if line.startswith("rife "))
    assert "BSD" in django
    assert "MIT (not fetched)" in rife
    assert "Zhewei Huang" in rife
    assert "declares none" not in shown.getvalue()


def test_every_weight_says_whose_it_is_and_under_which_licence() -> None:
    weights = [one for weights in LISTS for one in weights.weights]

    assert [one.name for one in weights if not (one.licence and one.maker)] == []
