"""What a network does when something goes wrong with a run by itself, without anybody there."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RefusalPolicy(models.TextChoices):
    """What happens when a model declines its input for its content."""

    SUBSTITUTE = "substitute", _("go on with a harmless placeholder")
    SKIP = "skip", _("skip the step")
    STOP = "stop", _("stop the run")


class PerturbationPolicy(models.TextChoices):
    """What is done for a run that says the same again and again, or whose pictures hold hardly anything."""

    NEVER = "never", _("nothing: it is left as it is")
    PROMPT = "prompt", _("a word of its prompt is added to what the next model is given")
    SENTENCES = "sentences", _("one of the sentences below is added")
