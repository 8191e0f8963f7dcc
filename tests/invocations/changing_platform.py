"""A platform whose catalogue a test can change while runs are under way."""

from __future__ import annotations

from platforms.base import Call, Limits, Modality, Model, Output, Platform

WORDS = Model("shelf:words", "Words", input=Modality.TEXT, output=Modality.TEXT, usd=0.25)
PICTURE = Model("shelf:picture", "Picture", input=Modality.TEXT, output=Modality.IMAGE, usd=0.5)
CAPTION = Model("shelf:caption", "Caption", input=Modality.IMAGE, output=Modality.TEXT, usd=0.125)


class Shelf(Platform):
    """Takes one call at once; what stands in `gone` is no longer in its catalogue."""

    slug, label = "shelf", "The Shelf"
    limits = Limits(calls_at_once=1)

    def __init__(self) -> None:
        self.gone: set[str] = set()

    def models(self) -> list[Model]:
        return [model for model in (WORDS, PICTURE, CAPTION) if model.id not in self.gone]

    async def invoke(self, call: Call) -> Output:
        return Output(text=f"{call.input} and more", usd=0.25)
