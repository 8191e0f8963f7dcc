from __future__ import annotations

from .companion import Companion, Purpose
from .embedding import Embedding, LateStep, OutputKind, PromptEmbedding
from .embedding_queue import EmbeddingQueue
from .redraw import Redraw
from .run_pair import RunPair

__all__ = [
    "Companion",
    "Embedding",
    "EmbeddingQueue",
    "LateStep",
    "OutputKind",
    "PromptEmbedding",
    "Purpose",
    "Redraw",
    "RunPair",
]
