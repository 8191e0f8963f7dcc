from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from .views import own, passwords, people

app_name = "accounts"
urlpatterns = [
    path("", own.home, name="home"),
    path("tokens/", own.create_token, name="create_token"),
    path("tokens/<slug:public_id>/revoke/", own.revoke_token, name="revoke_token"),
    path("sign-in/", passwords.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("password/", passwords.ChangePassword.as_view(), name="password"),
    path("password/forgotten/", passwords.Forgotten.as_view(), name="forgotten"),
    path(
        "password/<slug:uidb64>/<str:token>/", passwords.SetPassword.as_view(), name="set_password"
    ),
    path("people/", people.index, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/<slug:public_id>/link/", people.new_link, name="new_link"),
    path("people/<slug:public_id>/close/", people.close, name="close"),
    path("people/<slug:public_id>/reopen/", people.reopen, name="reopen"),
    path("people/<slug:public_id>/role/", people.change_role, name="change_role"),
    path("log/", people.audit, name="audit"),
]
