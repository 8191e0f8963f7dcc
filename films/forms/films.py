"""The forms that order a film: of a clip, and of a run. What may be in it is decided by the recipes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from lib.forms import CheckedForm

MORE = (
    ("", pgettext_lazy("pictures", "as they are")),
    ("2", _("twice as many pictures")),
    ("4", _("four times as many pictures")),
    ("rate", _("so many pictures a second:")),
)
LARGER = (
    ("", pgettext_lazy("size", "as it is")),
    ("2", _("twice as large")),
    ("4", _("four times as large")),
    ("height", _("so many lines high:")),
)
ORDERS = (
    ("interpolate-upscale", _("more pictures first")),
    ("upscale-interpolate", _("enlarged first")),
)


METHODS = (
    ("automatic", _("as time allows")),
    ("motion", _("quickly")),
    ("learned", _("by learned weights")),
)


class ClipFilmForm(CheckedForm):
    """What is to be made of a clip. `upload` is the id of one that has come; without a script, `clip` is the
    file itself."""

    upload = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)
    clip = forms.FileField(
        label=_("Clip"), required=False, widget=forms.FileInput(attrs={"accept": "video/*"})
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        required=False,
        help_text=_("The name of the file, unless you say."),
    )
    more = forms.ChoiceField(label=_("Motion"), choices=MORE, required=False, initial="2")
    rate = forms.IntegerField(
        label=_("Pictures a second"), min_value=1, max_value=120, required=False
    )
    larger = forms.ChoiceField(label=_("Size"), choices=LARGER, required=False)
    height = forms.IntegerField(label=_("Lines"), min_value=16, max_value=4320, required=False)
    order = forms.ChoiceField(
        label=_("Where both are done"),
        choices=ORDERS,
        required=False,
        initial=ORDERS[0][0],
        help_text=_("More pictures first is faster, enlarged first gives finer motion."),
    )
    method = forms.ChoiceField(
        label=_("How pictures are made"),
        choices=METHODS,
        required=False,
        initial=METHODS[0][0],
        help_text=_(
            "Learned weights are the best, and take about ten times as long. As time allows: with them where they "
            "are here and that is done soon."
        ),
    )
    keep_audio = forms.BooleanField(label=_("Keep its sound"), required=False, initial=True)
    approve = forms.BooleanField(
        label=_("Show me a small preview first"),
        required=False,
        help_text=_("The film itself is made once you have approved it."),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("upload") and not data.get("clip"):
            self.add_error("clip", gettext("Choose a clip first."))
        if not data.get("more") and not data.get("larger"):
            self.add_error(
                "more", gettext("Say what is to be done: more pictures, larger, or both.")
            )
        if data.get("more") == "rate" and not data.get("rate"):
            self.add_error("rate", gettext("Say how many."))
        if data.get("larger") == "height" and not data.get("height"):
            self.add_error("height", gettext("Say how many."))
        return data

    @property
    def recipe(self) -> str:
        more, larger = self.cleaned_data["more"], self.cleaned_data["larger"]
        if more and larger:
            return self.cleaned_data["order"] or ORDERS[0][0]
        return "interpolate" if more else "upscale"

    @property
    def options(self) -> dict[str, Any]:
        """Those of its recipe."""
        data = self.cleaned_data
        found: dict[str, Any] = {name: data[name] for name in ("keep_audio", "approve")}
        found["method"] = data["method"] or METHODS[0][0]
        if data["more"] == "rate":
            found["rate"] = float(data["rate"])
        elif data["more"]:
            found["factor"] = int(data["more"])
        if data["larger"] == "height":
            found["height"] = data["height"]
        elif data["larger"]:
            found["scale"] = int(data["larger"])
        return found


SHAPES = (
    ("16:9", _("wide (16:9)")),
    ("9:16", _("upright, for phones (9:16)")),
    ("1:1", _("square")),
    ("4:3", _("4:3")),
)
HEIGHTS = ((480, "480"), (720, "720"), (1080, "1080"), (1440, "1440"), (2160, "2160"))

TRANSITIONS = (
    ("morph", _("they grow into each other")),
    ("fade", _("they fade into each other")),
    ("interpolate", _("learned motion")),
)


class RunFilmForm(CheckedForm):
    """What a film of a run is to be like."""

    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    seconds = forms.FloatField(
        label=_("Seconds for each picture"), min_value=0.5, max_value=60, initial=4
    )
    transition = forms.ChoiceField(
        label=_("From picture to picture"),
        choices=TRANSITIONS,
        initial="morph",
        help_text=_("Learned motion is slow, and only there with the extra “films”."),
    )
    fade = forms.FloatField(
        label=_("Seconds from one to the next"),
        min_value=0,
        max_value=10,
        initial=1,
        help_text=_("0: one picture follows the other at once."),
    )
    shape = forms.ChoiceField(label=_("Shape"), choices=SHAPES, initial="16:9")
    height = forms.TypedChoiceField(
        label=_("Lines of the shorter side"), choices=HEIGHTS, coerce=int, initial=1080
    )
    captions = forms.BooleanField(
        label=_("Captions: the words of the run"), required=False, initial=True
    )
    sound = forms.BooleanField(label=_("The sounds of the run"), required=False, initial=True)
    fill = forms.BooleanField(
        label=_("Fill the picture"),
        required=False,
        help_text=_("Edges are cut off where a picture has another shape."),
    )
    first = forms.IntegerField(label=_("From step"), min_value=1, max_value=10**6, required=False)
    last = forms.IntegerField(label=_("To step"), min_value=1, max_value=10**6, required=False)
    approve = forms.BooleanField(label=_("Show me a small preview first"), required=False)

    @classmethod
    def first_values(cls) -> dict[str, Any]:
        """What stands in it before anybody has changed anything."""
        return {name: field.initial for name, field in cls.base_fields.items()}

    @property
    def options(self) -> dict[str, Any]:
        """Those of the recipe `film-of-run`."""
        data = self.cleaned_data
        width, height = size_of_shape(data["shape"], data["height"])
        found = {name: data[name] for name in ("captions", "sound", "fill", "approve")}
        found |= {
            "seconds": data["seconds"],
            "fade": data["fade"],
            "transition": data["transition"],
            "width": width,
            "height": height,
        }
        for name in ("first", "last"):
            if data[name] is not None:
                found[name] = data[name] - 1  # people count from 1
        return found


def size_of_shape(shape: str, shorter: int) -> tuple[int, int]:
    """Width and height, both even, of which the shorter one has so many pixels."""
    across, down = (int(part) for part in shape.split(":"))
    longer = round(shorter * max(across, down) / min(across, down) / 2) * 2
    return (longer, shorter) if across >= down else (shorter, longer)
