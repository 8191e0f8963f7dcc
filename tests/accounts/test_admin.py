from __future__ import annotations

from django.test import Client

from accounts.models import User


def test_an_admin_can_add_a_curator(client: Client, root: User) -> None:
    client.force_login(root)

    response = client.post(
        "/admin/accounts/user/add/",
        {
            "email": "Carol@example.org",
            "usable_password": "true",
            "password1": "snow-on-the-horse",
            "password2": "snow-on-the-horse",
        },
    )

    assert response.status_code == 302
    assert User.objects.get_by_natural_key("carol@example.org").check_password("snow-on-the-horse")


def test_an_admin_can_let_a_curator_use_the_operators_keys(
    client: Client, root: User, alice: User
) -> None:
    client.force_login(root)

    client.post(
        f"/admin/accounts/user/{alice.pk}/change/",
        {"email": alice.email, "is_active": "on", "may_use_house_keys": "on"},
    )

    alice.refresh_from_db()
    assert alice.may_use_house_keys


def test_the_list_of_people_is_for_admins_only(client: Client, root: User, alice: User) -> None:
    client.force_login(alice)
    refused = client.get("/admin/accounts/user/")
    client.force_login(root)
    shown = client.get("/admin/accounts/user/")

    assert refused.status_code == 302
    assert alice.email in shown.content.decode()
