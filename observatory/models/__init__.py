from __future__ import annotations

from .embedding import Embedding, LateStep, OutputKind, PromptEmbedding
from .embedding_queue import EmbeddingQueue

__all__ = ["Embedding", "EmbeddingQueue", "LateStep", "OutputKind", "PromptEmbedding"]
