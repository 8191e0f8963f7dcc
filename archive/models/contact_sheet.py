"""A contact sheet: steps selected from a run's film strip, shown together under an address of their own."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from invocations.models import Invocation, Run
from invocations.states import InvocationState
from lib.public_ids import new_public_id

MAX_STEPS = 48
MAX_SEQUENCE = 2**31 - 1


class NoStepsSelected(Exception):
    """No step that gave anything; `str(error)` is for the person who selected."""


class ContactSheet(models.Model):
    """Whoever has its address may look at it; the address cannot be guessed."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="contact_sheets")
    title = models.CharField(max_length=100, blank=True)
    sequences = models.JSONField(default=list)  # of the selected steps, in their order
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("contact-sheet", args=[self.public_id])

    # Factories

    @classmethod
    def make(
        cls, *, run: Run, sequences: Iterable[int], made_by: User, title: str = ""
    ) -> ContactSheet:
        """Of the selected steps that gave something; raises NoStepsSelected where none did."""
        wanted = sorted({n for n in sequences if 0 <= n <= MAX_SEQUENCE})
        if len(wanted) > MAX_STEPS:
            sentence = gettext("A contact sheet has room for %(most)d steps; choose fewer.")
            raise NoStepsSelected(sentence % {"most": MAX_STEPS})
        done = run.invocations.filter(sequence__in=wanted, state=InvocationState.COMPLETED)
        found = list(done.in_order().values_list("sequence", flat=True))
        if not found:
            raise NoStepsSelected(gettext("Choose at least one step that gave something."))
        shown = "".join(sign for sign in title if sign.isprintable()).strip()[:100]
        return cls.objects.create(run=run, sequences=found, title=shown, made_by=made_by)

    # Queries

    @classmethod
    def find(cls, public_id: str) -> ContactSheet | None:
        """Not of a run that was withdrawn."""
        found = cls.objects.select_related("run__network")
        return found.filter(public_id=public_id, run__withdrawn_at=None).first()

    @property
    def steps(self) -> list[Invocation]:
        steps = Invocation.objects.filter(run=self.run_id, sequence__in=self.sequences)
        return list(steps.select_related("input_asset", "output_asset").in_order())
