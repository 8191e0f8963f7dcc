from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from .views import account, members, passwords

app_name = "accounts"
urlpatterns = [
    path("", account.home, name="home"),
    path("tokens/", account.create_token, name="create_token"),
    path("tokens/revoke/", account.revoke_tokens, name="revoke_tokens"),
    path("tokens/<slug:public_id>/revoke/", account.revoke_token, name="revoke_token"),
    path("sign-in/", passwords.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("password/", passwords.ChangePassword.as_view(), name="password"),
    path("password/forgotten/", passwords.forgotten, name="forgotten"),
    path(
        "password/<slug:uidb64>/<str:token>/", passwords.SetPassword.as_view(), name="set_password"
    ),
    path("people/", members.index, name="members"),
    path("people/invite/", members.invite, name="invite"),
    path("people/<slug:public_id>/link/", members.new_link, name="new_link"),
    path("people/<slug:public_id>/close/", members.close, name="close"),
    path("people/<slug:public_id>/reopen/", members.reopen, name="reopen"),
    path("people/<slug:public_id>/role/", members.change_role, name="change_role"),
    path("log/", members.audit, name="audit"),
]
