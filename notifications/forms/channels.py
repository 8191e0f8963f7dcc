"""The forms of channels. What may be in them is decided in `notifications.channels`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.forms import CheckedForm
from notifications.addresses import MAX_LENGTH
from notifications.channels import DEFAULT_OCCASIONS, MAX_NAME
from notifications.models import Channel
from notifications.models.channel import DIGEST_MINUTES, MAX_DIGEST_MINUTES
from notifications.occasions import FOR_ADMINS, SELECTABLE


class ChannelForm(CheckedForm):
    """A new channel of `person`, or one that is there; what is typed as its address is never sent back."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME, help_text=_("Only for people: “the night watch”.")
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=MAX_LENGTH,
        required=False,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )
    occasions = forms.MultipleChoiceField(
        label=_("What it tells"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        initial=list(DEFAULT_OCCASIONS),
    )
    digest_minutes = forms.IntegerField(
        label=_("Minutes between messages"),
        min_value=1,
        max_value=MAX_DIGEST_MINUTES,
        initial=DIGEST_MINUTES,
        help_text=_(
            "The first thing that happens is told at once; what follows within these minutes, together."
        ),
    )
    language = forms.ChoiceField(label=_("Language of its messages"))
    everything = forms.BooleanField(
        label=_("All networks and installations, not only mine"), required=False
    )
    private_allowed = forms.BooleanField(
        label=_("Its address may lead to this machine or its network"), required=False
    )
    enabled = forms.BooleanField(label=_("Switched on"), required=False, initial=True)

    def __init__(self, person: User, data: Any = None, *, channel: Channel | None = None) -> None:
        super().__init__(data, initial=_stored(channel) if channel else {})
        self._channel = channel
        owner = channel.owner if channel else person
        choices = [
            (one.value, one.label)
            for one in SELECTABLE
            if owner.is_superuser or one not in FOR_ADMINS
        ]
        self.fields["occasions"].choices = choices  # type: ignore[attr-defined]
        self.fields["address"].help_text = _address_help(owner, channel)
        if not (person.is_admin and owner.is_superuser):
            del self.fields["everything"]
        if not person.is_admin:
            del self.fields["private_allowed"]
        if channel is None:
            del self.fields["enabled"]
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]
        self.fields["language"].initial = get_language()

    @property
    def given(self) -> dict[str, Any]:
        """Of a channel that is there, an empty address leaves its own."""
        given = dict(self.cleaned_data)
        if self._channel is not None:
            given["address"] = given["address"] or None
        return given


def _stored(channel: Channel) -> dict[str, Any]:
    names = ("name", "occasions", "digest_minutes", "everything", "private_allowed", "enabled")
    stored = {name: getattr(channel, name) for name in names}
    return stored | {"language": channel.language} if channel.language else stored


def _address_help(owner: User, channel: Channel | None) -> str:
    kept = _("Kept encrypted, and never shown again.")
    if channel is not None:
        return f"{_('Empty: it keeps its own.')} {kept}"
    if settings.EMAIL_URL:
        return f"{_('Empty: e-mail to %(address)s.') % {'address': owner.email}} {kept}"
    return str(kept)
