"""What a page is called, and what it says of itself to those who have not opened it yet."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from django.test import Client

from networks.models import Network
from tests.people import html_of


def head(text: str) -> tuple[str, str]:
    title = re.search(r"<title>\s*(.*?)\s*</title>", text, re.DOTALL)
    described = re.search(r'<meta name="description" content="(.*?)">', text, re.DOTALL)
    assert title is not None
    return " ".join(title[1].split()), described[1] if described else ""


def test_pages_have_titles_of_their_own(clients: Mapping[str, Client], public: Network) -> None:
    paths = ["/", "/about/", "/networks/", "/models/", "/account/sign-in/", "/runs/", "/nowhere/"]
    paths += [public.get_absolute_url(), public.get_terminal_url(), f"/n/{public.slug}/qr/"]
    paths += ["/networks/new/", "/account/", "/mission-control/", "/api/v1/docs"]

    found = {path: head(html_of(clients["admin"].get(path, follow=False)))[0] for path in paths[:4]}
    found |= {path: head(html_of(clients["admin"].get(path, follow=True)))[0] for path in paths[5:]}

    assert all("PANIC!" in title for title in found.values()), found
    assert not any("django" in title.lower() for title in found.values())
    named = [title for path, title in found.items() if path not in ("/", "/api/v1/docs")]
    assert len(set(named)) == len(named), found


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/login/"])
def test_the_tables_are_not_called_after_a_framework(
    path: str, clients: Mapping[str, Client]
) -> None:
    text = html_of(clients["admin"].get(path, follow=True))

    assert "django" not in head(text)[0].lower()
    assert "Django administration" not in text


def test_a_network_is_described_by_its_own_words(stranger: Client, public: Network) -> None:
    Network.objects.filter(pk=public.pk).update(description="Two *machines* that “talk”. " * 20)

    described = head(html_of(stranger.get(public.get_absolute_url())))[1]

    assert described.startswith("Two machines that “talk”.")
    assert len(described) <= 170


def test_the_explanation_has_four_steps_questions_and_credit(
    stranger: Client, public: Network
) -> None:
    Network.objects.filter(pk=public.pk).update(featured=True)

    text = html_of(stranger.get("/about/"))

    steps = text.partition("about-steps")[2].partition("</ol>")[0]
    assert steps.count("<li>") == 4
    assert text.partition("about-questions")[2].partition("</ul>")[0].count("?</li>") == 5
    assert "https://github.com/ANUcybernetics/panic" in text
    assert public.get_absolute_url() in text
