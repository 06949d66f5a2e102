"""Models of the transformers library on this machine: vision-language models, and language models without eyes.

Only safetensors and only architectures of the library: no code that a folder brings is run. Opens no connection.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmrag.errors import MmragError, ModelUnavailable
from mmrag.llms.choosing import undecided
from mmrag.llms.listening import is_looping, whole, without_thinking
from mmrag.llms.options import Deadline, Options, PromptTooLong
from mmrag.llms.pictures import prepared_all
from mmrag.llms.torch_runtime import choose_device, choose_dtype, four_bit, import_library, on_disk, quietly
from mmrag.llms.weighing import weigh
from mmrag.protocols import Completion

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["TransformersLLM", "hugging_face"]

_GET_AGAIN = "Check that the folder is complete, or get the model again."
_LOOK_EVERY = 16
"""Tokens between two looks at whether the answer goes round in circles."""


def hugging_face(argument: str, device: str = "auto", options: Options | None = None) -> TransformersLLM:
    """The model of ORG/NAME (downloaded before) or of a folder; "@4bit" at the end loads it with bitsandbytes.

    Raises `ModelUnavailable` where it is not on disk, damaged, or needs code of its own.
    """
    name, _, wish = argument.rpartition("@")
    is_small = bool(name) and wish == "4bit"
    return TransformersLLM(on_disk(name if is_small else argument), argument, device, options, is_small=is_small)


class TransformersLLM:
    """A `VisionLLM` run in this process, one call at a time.

    Greedy, so that the same question has the same answer. `choices` are weighed by their own log-probabilities.
    """

    def __init__(
        self, folder: Path, name: str, device: str = "auto", options: Options | None = None, *, is_small: bool = False
    ) -> None:
        self.name = f"hf:{name}"
        self._options = options or Options()
        self._lock = threading.Lock()
        self._torch = import_library("torch")
        library = import_library("transformers")
        library.utils.logging.disable_progress_bar()
        self._device = choose_device(device)
        try:
            with quietly():
                self._load(library, folder, spread=device == "auto", is_small=is_small)
        except MmragError:
            raise
        except Exception as error:  # the library raises whatever its parts raise
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelUnavailable(f"{folder} cannot be loaded: {lines[0]}", _GET_AGAIN) from error

    def _load(self, library: Any, folder: Path, *, spread: bool, is_small: bool) -> None:
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        config = library.AutoConfig.from_pretrained(str(folder), **local)
        seeing = library.AutoModelForImageTextToText
        self.sees_images = type(config) in seeing._model_mapping
        loader = seeing if self.sees_images else library.AutoModelForCausalLM
        dtype = choose_dtype(self._device)
        words = "torch_dtype" if tuple(map(int, library.__version__.split(".")[:2])) < (4, 56) else "dtype"
        how: dict[str, Any] = {**local, words: dtype, "use_safetensors": True, "output_loading_info": True}
        if is_small:
            how["quantization_config"] = four_bit(dtype)
        is_placed = is_small or (spread and self._device == "cuda" and importlib.util.find_spec("accelerate"))
        if is_placed:
            how["device_map"] = "auto" if spread else {"": self._device}
        model, report = loader.from_pretrained(str(folder), **how)
        if report["missing_keys"]:
            raise ModelUnavailable(f"the weights in {folder} lack {sorted(report['missing_keys'])[0]}", _GET_AGAIN)
        self._model = model.eval() if is_placed else model.to(self._device).eval()
        kind = library.AutoProcessor if self.sees_images else library.AutoTokenizer
        self._processor = kind.from_pretrained(str(folder), **local)
        self._tokenizer = getattr(self._processor, "tokenizer", self._processor)
        added = [str(token) for token in self._tokenizer.added_tokens_decoder.values()]
        named = [*added, *self._tokenizer.all_special_tokens]
        self._special = sorted({token for token in named if len(token) > 2 and not token.isalnum()}, key=len)[::-1]
        self._context = int(getattr(config.get_text_config(), "max_position_embeddings", 0) or 1 << 20)

    def complete(self, prompt: str, images: Sequence[Image] = (), *, choices: Sequence[str] = ()) -> Completion:
        """One answer; with `choices`, their probabilities add up to 1. Raises `ModelUnavailable`.

        A model without eyes leaves pictures out; asked to choose by a picture, it says that it cannot.
        """
        if images and choices and not self.sees_images:
            return undecided(choices)
        deadline = Deadline(self._options)
        if not self._lock.acquire(timeout=min(deadline.left(), threading.TIMEOUT_MAX)):
            deadline.check(self.name)
        try:
            with quietly(), self._torch.inference_mode():
                inputs = self._inputs(prompt, images if self.sees_images else (), is_choice=bool(choices))
                if choices:
                    return self._choose(inputs, choices)
                return self._write(inputs, deadline)
        except MmragError:
            raise
        except self._torch.cuda.OutOfMemoryError as error:
            self._torch.cuda.empty_cache()
            raise ModelUnavailable(
                f"{self.name} needs more memory than the GPU has", f"Use --llm {self.name}@4bit, or a smaller model."
            ) from error
        except Exception as error:  # the library raises whatever its parts raise
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelUnavailable(f"{self.name} cannot answer: {lines[0]}", "Try another model.") from error
        finally:
            self._lock.release()

    def _inputs(self, prompt: str, images: Sequence[Image], *, is_choice: bool) -> Any:
        pictures = prepared_all(images, self._options.long_side, self._options.max_images)
        text = self._in_template(self._harmless(prompt), len(pictures))
        if is_choice and text.rstrip().endswith("<think>"):
            text = text.rstrip() + "\n\n</think>\n\n"  # it would think where the choice is to stand
        begins = self._tokenizer.bos_token
        extra = {"add_special_tokens": not (begins and text.startswith(begins))}
        if self.sees_images:
            inputs = self._processor(text=[text], images=pictures or None, return_tensors="pt", **extra)
        else:
            inputs = self._processor([text], return_tensors="pt", **extra)
            inputs.pop("token_type_ids", None)
        if inputs["input_ids"].shape[1] >= self._context:
            raise PromptTooLong(
                f"the question with its evidence is {inputs['input_ids'].shape[1]} tokens long; "
                f"{self.name} reads {self._context}",
                "Use fewer pages (-k 3).",
            )
        inputs = inputs.to(self._model.device)
        for name, value in inputs.items():  # pixels come as float32, whatever the model is in
            if self._torch.is_tensor(value) and value.is_floating_point():
                inputs[name] = value.to(self._model.dtype)
        return inputs

    def _harmless(self, prompt: str) -> str:
        """Control tokens that stand in the text, so that a page cannot end the user's turn: broken in two."""
        prompt = prompt.encode("utf-8", "replace").decode("utf-8")
        for token in self._special:
            prompt = prompt.replace(token, f"{token[0]} {token[1:]}")
        return prompt or " "

    def _in_template(self, prompt: str, pictures: int) -> str:
        template = getattr(self._processor, "chat_template", None) or self._tokenizer.chat_template
        if not template:
            return f"{getattr(self._processor, 'image_token', '<image>')}\n" * pictures + prompt
        content: Any = prompt
        if self.sees_images:
            content = [{"type": "image"}] * pictures + [{"type": "text", "text": prompt}]
        asked = {"enable_thinking": False} if "enable_thinking" in str(template) else {}
        return str(
            self._processor.apply_chat_template(
                [{"role": "user", "content": content}],
                chat_template=template if isinstance(template, str) else None,
                tokenize=False,
                add_generation_prompt=True,
                **asked,
            )
        )

    def _generate(self, inputs: Any, **how: Any) -> Any:
        return self._model.generate(
            **inputs,
            do_sample=False,
            num_beams=1,
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=self._pad(),
            **how,
        )

    def _pad(self) -> int | None:
        pad, end = self._tokenizer.pad_token_id, self._tokenizer.eos_token_id
        found = pad if pad is not None else end
        return None if found is None else int(found)

    def _write(self, inputs: Any, deadline: Deadline) -> Completion:
        start = inputs["input_ids"].shape[1]
        most = min(self._options.max_tokens, self._context - start)
        cut = False

        def enough(ids: Any, scores: Any, **more: Any) -> Any:
            nonlocal cut
            del scores, more
            length = ids.shape[1] - start
            if deadline.passed() or (length % _LOOK_EVERY == 0 and is_looping(self._decoded(ids[0, start:]))):
                cut = True
            return self._torch.full((ids.shape[0],), cut, dtype=self._torch.bool, device=ids.device)

        ids = self._generate(inputs, max_new_tokens=most, stopping_criteria=[enough])[0, start:]
        if self._options.cancel is not None and self._options.cancel.is_set():
            deadline.check(self.name)
        ends = self._model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        cut = (cut or len(ids) >= most) and int(ids[-1]) not in ends
        text = self._decoded(ids)
        return Completion(without_thinking(whole(text) if cut else text).strip(), None, (start, len(ids)))

    def _decoded(self, ids: Any) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))

    def _choose(self, inputs: Any, choices: Sequence[str]) -> Completion:
        probabilities = weigh(
            choices,
            lambda text: self._tokenizer.encode(text, add_special_tokens=False),
            lambda forced: self._log_probabilities(inputs, forced),
            self._tokenizer.eos_token_id,
        )
        best = max(probabilities, key=probabilities.__getitem__)
        return Completion(best, probabilities, (inputs["input_ids"].shape[1], 1))

    def _log_probabilities(self, inputs: Any, forced: Sequence[int]) -> list[Any]:
        """Log-probabilities over the vocabulary before each of `forced`, as if they were said; () for one step."""
        start = inputs["input_ids"].shape[1]

        def allowed(batch: int, ids: Any) -> list[int]:
            del batch
            return [int(forced[min(len(ids) - start, len(forced) - 1)])]

        out = self._generate(
            inputs,
            max_new_tokens=max(1, len(forced)),
            min_new_tokens=max(1, len(forced)),
            output_logits=True,
            return_dict_in_generate=True,
            **({"prefix_allowed_tokens_fn": allowed} if forced else {}),
        )
        return [self._torch.log_softmax(step[0].float(), dim=-1) for step in out.logits]
