"""The retriever: a question to documents, one a page, each with the rectangle on it that answers best."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables.config import run_in_executor

from mmrag.corpus.pages import page_name
from mmrag.display import evidence_json
from mmrag.errors import FileProblem, SourceChanged, UsageError
from mmrag.langchain.opening import STRICT, OverIndex
from mmrag.llms.pictures import data_url
from mmrag.types import Evidence, Filters

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Images", "MmragRetriever"]

Images = Literal["none", "url", "pil"]


class MmragRetriever(OverIndex, BaseRetriever):
    """The k best pages for a question as documents, best first, each by its best region.

    `page_content` is the region's text, or that of its whole page with `content="page"`; a picture without words has
    none. `metadata` is what `mmrag search --json` shows of a hit (path, page, box, kind, label, score, channels, stale
    and so on), with `source` (the path again), `page_id` and `region`. With `images` "url" or "pil" it also has
    `image`, the region's pixels as a data URL or an RGB picture of at most `image_side` pixels, None where the file
    cannot be drawn any more; `image_error` then says why. `k`, `filters` and `images` can also be given to each call.

    Raises what `Corpus.search` raises.
    """

    model_config = STRICT

    k: int = 5
    filters: Filters | None = None
    channels: tuple[str, ...] | None = None
    content: Literal["region", "page"] = "region"
    images: Images = "none"
    image_side: int = 1024

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  (LangChain's signature)
        k: int | None = None,
        filters: Filters | None = None,
        images: Images | None = None,
    ) -> list[Document]:
        wanted = self.images if images is None else images
        if wanted not in ("none", "url", "pil"):
            raise UsageError(f"images cannot be {wanted!r}", 'Use "none", "url" or "pil".')
        found = self.over.search(query, self.k if k is None else k, filters or self.filters, self.channels)
        return [self._document(one, rank, wanted) for rank, one in enumerate(found, start=1)]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        search = partial(self._get_relevant_documents, query, run_manager=run_manager.get_sync(), **options)
        return await run_in_executor(None, search)

    def image(self, document: Document, *, whole: bool = False) -> Image:
        """RGB pixels of a document that this retriever found: of its region, or with `whole` of the page.

        Raises `UsageError` where the index does not have it (any more), `SourceChanged` and `FileProblem` as
        `Corpus.crop` does.
        """
        number = document.metadata.get("region")
        region = self.pages.region(number) if isinstance(number, int) else None
        if region is None:
            raise UsageError("the index has no such document", "Take it from what a search has just found.")
        if whole:
            region = self.pages.regions(region.document.id, region.page)[0]
        return self.over.crop(region, self.image_side)

    def _document(self, evidence: Evidence, rank: int, images: Images) -> Document:
        region = evidence.region
        metadata = evidence_json(evidence, rank)
        text = metadata.pop("text")
        del metadata["also"]  # a list of texts, which a prompt would repeat
        metadata |= {"source": metadata["path"], "page_id": page_name(region), "region": region.id}
        if self.content == "page":
            page = self.pages.regions(region.document.id, region.page)
            text = page[0].text if page else text
        if images != "none":
            try:
                picture = self.over.crop(region, self.image_side)
                metadata["image"] = picture if images == "pil" else data_url(picture)
            except (SourceChanged, FileProblem) as error:
                metadata |= {"image": None, "image_error": error.message}
        return Document(id=f"{page_name(region)}-{region.id}", page_content=text, metadata=metadata)
