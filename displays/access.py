"""Which installation a page or a call is about, and who may do what with it.

Its people are those of its network: who controls the network sees it, who may edit the network changes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import Http404
from django.utils.translation import gettext as _

from lib.validation import is_legible
from networks.models import Network, Person

from .installations import NoSuchCode, NoSuchDisplay
from .models import Installation


def known_installation(person: Person, public_id: str) -> Installation:
    """With its network and owner. Raises Http404."""
    found = Installation.objects.known_to(person).filter(public_id=public_id)
    installation = found.select_related("network__owner").first() if is_legible(public_id) else None
    if installation is None:
        raise Http404(_("There is no such installation."))
    return installation


def editable_networks(person: Person) -> list[Network]:
    """Those on which the person may make installations, by name."""
    known = Network.objects.controlled_by(person).not_archived().select_related("owner")
    return [one for one in known.order_by("name", "id") if one.may_edit(person)]


def editable_installations(person: Person) -> list[Installation]:
    """Those that the person may change, newest first."""
    known = Installation.objects.known_to(person).select_related("network__owner")
    return [one for one in known.order_by("-id") if one.network.may_edit(person)]


@contextmanager
def missing_as_404() -> Iterator[None]:
    """What is not there, or not any more, is answered as such."""
    try:
        yield
    except (NoSuchDisplay, NoSuchCode) as error:
        raise Http404(str(error)) from None
    except Installation.DoesNotExist:
        raise Http404(_("The installation was deleted in this very moment.")) from None
