"""How the REST API refuses a caller: 401 without credentials, 403 for what is seen but not allowed,
404 for what is not to be seen."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext

from accounts.models import User

from .auth import Caller, NotSignedIn


def require_user(caller: Caller) -> User:
    """The person who is calling. Raises where it is nobody in particular."""
    if caller.user is None:
        raise refusal(caller, "")
    return caller.user


def check_admin(caller: Caller) -> None:
    if not caller.is_admin:
        raise refusal(caller, gettext("an admin"))


def require_admin(caller: Caller) -> User:
    """The admin who is calling."""
    check_admin(caller)
    return require_user(caller)


def refusal(caller: Caller, who: str) -> Exception:
    """What to raise where the caller sees something but may not do this to it; `who` may."""
    if caller.guest_of is not None:
        return PermissionDenied(
            gettext("A terminal token starts runs of its own network, nothing else.")
        )
    if caller.user is None:
        return NotSignedIn(gettext("Say who you are: this is not for everybody."))
    return PermissionDenied(gettext("Only %(who)s may do this.") % {"who": who})


def not_found(caller: Caller, what: str, *, known: bool = False) -> Exception:
    """What to raise where the caller sees nothing; `known`: they know that it exists."""
    if known:
        return refusal(caller, "")
    if caller.user is None and caller.guest_of is None:
        sentence = gettext("There is no such %(what)s, or it is not public: say who you are.")
        return NotSignedIn(sentence % {"what": what})
    return Http404(gettext("There is no such %(what)s.") % {"what": what})
