"""Builders of tiny checkpoints with random, seeded weights, written by the real classes of the real libraries.

They mean nothing, but load, tokenise and run as the large ones do, and need no download.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CORPUS = [
    "the annual report shows revenue by region and quarter",
    "a photo of two dogs playing in the snow near a red barn",
    "매출은 전년 대비 12% 증가하였다. 3분기 영업이익률은 31%였다.",
    "그림 2. 연도별 출생아 수와 합계출산율을 나타낸 막대그래프",
    "figure 4: monthly active users, 2019 to 2024; table 3: unit price and quantity",
    "query: passage: warranty void if the seal is broken",
]
TEXTS = [
    "a photo of two dogs",
    "Table 3: Revenue by Region, 2024",
    "매출 추이를 보여 주는 막대그래프",
    "3분기 영업이익률은 얼마였습니까?",
    "",
    "word " * 200,
]


def pictures() -> list[Image.Image]:
    """Twenty pictures of every mode and many shapes, with content that a resize would show."""
    random = np.random.default_rng(7)
    sizes = [(64, 48), (33, 71), (200, 100), (31, 32), (640, 480), (17, 90), (128, 128)]
    modes = ["RGB", "L", "RGBA", "P", "1", "CMYK", "LA", "I;16", "I", "F", "YCbCr", "HSV"]
    found = []
    for number in range(20):
        width, height = sizes[number % len(sizes)]
        rows, columns = np.mgrid[0:height, 0:width]
        waves = [127 + 120 * np.sin(rows / (5 + number) + part) * np.cos(columns / (9 + part)) for part in range(3)]
        noise = random.integers(-8, 8, (height, width, 3))
        picture = Image.fromarray(np.clip(np.stack(waves, axis=2) + noise, 0, 255).astype(np.uint8))
        mode = modes[number % len(modes)]
        if mode == "I;16":
            picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
        elif mode in ("RGBA", "LA"):
            picture = picture.convert(mode)
            picture.putalpha(Image.linear_gradient("L").resize(picture.size))
        else:
            picture = picture.convert(mode)
        found.append(picture)
    return found


def sentence_folder(
    folder: Path, *, kind: str = "bert", pooling: str = "mean", prompts: dict[str, str] | None = None
) -> Path:
    """A BERT, XLM-RoBERTa or MPNet class sentence encoder in the layout of sentence-transformers."""
    import torch
    import transformers

    torch.manual_seed(0)
    tokenizer = _word_pieces() if kind in ("bert", "mpnet") else _pieces()
    classes = {"bert": "Bert", "xlm-roberta": "XLMRoberta", "mpnet": "MPNet"}
    config = getattr(transformers, f"{classes[kind]}Config")(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=66,
        type_vocab_size=1 if kind == "xlm-roberta" else 2,
        pad_token_id=1 if kind == "xlm-roberta" else 0,
        initializer_range=0.2,
    )
    _save(getattr(transformers, f"{classes[kind]}Model")(config), folder)
    names = {"bert": ("[CLS]", "[SEP]", "[PAD]", "[UNK]"), "mpnet": ("[CLS]", "[SEP]", "[PAD]", "[UNK]")}
    first, last, pad, unknown = names.get(kind, ("<s>", "</s>", "<pad>", "<unk>"))
    _save_tokenizer(tokenizer, folder, cls_token=first, sep_token=last, pad_token=pad, unk_token=unknown)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": 64, "do_lower_case": False})
    _write(
        folder / "modules.json",
        [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
    )
    (folder / "2_Normalize").mkdir()
    modes = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token"}
    flags = {flag: mode == pooling for mode, flag in modes.items()}
    _write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 64, **flags})
    if prompts:
        _write(folder / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": None})
    return folder


OPEN_CLIP_CONFIG: dict[str, Any] = {
    "embed_dim": 48,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}


def open_clip_folder(folder: Path, *, preprocess: dict[str, Any] | None = None, tokenizer: bool = False) -> Path:
    """Settings, weights and, if asked for, a tokenizer of its own, as open_clip writes them for the hub."""
    config = json.loads(json.dumps(OPEN_CLIP_CONFIG))
    if tokenizer:
        own = _pieces()
        config["custom_text"] = True
        config["text_cfg"].update(
            context_length=64,
            vocab_size=own.get_vocab_size(),
            hf_tokenizer_name="tiny/tokenizer",
            tokenizer_kwargs={"clean": "canonicalize"},
            no_causal_mask=True,
            pool_type="last",
        )
        _save_tokenizer(own, folder, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>")
    _write(folder / "open_clip_config.json", {"model_cfg": config, "preprocess_cfg": preprocess or {}})
    _open_clip_weights(f"local-dir:{folder}", folder / "open_clip_model.safetensors")
    return folder


def open_clip_file(file: Path, model: str) -> Path:
    """Weights alone, for an architecture that open_clip knows by name."""
    _open_clip_weights(model, file)
    return file


def register_open_clip_model(folder: Path, name: str = "tiny-for-tests") -> str:
    """A tiny architecture under a name of its own, as if it had come with open_clip."""
    open_clip = _quietly("open_clip")
    _write(folder / f"{name}.json", OPEN_CLIP_CONFIG)
    open_clip.add_model_config(folder)
    return name


def _open_clip_weights(name: str, file: Path) -> None:
    import torch
    from safetensors.torch import save_file

    open_clip = _quietly("open_clip")
    torch.manual_seed(0)
    model = open_clip.create_model(name, load_weights=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous().clone() for key, value in model.state_dict().items()}, str(file))


def clip_folder(folder: Path) -> Path:
    """A CLIP of transformers: shortest side, centre crop."""
    import transformers

    tokenizer = _pieces()
    config = transformers.CLIPConfig(
        text_config=_text(tokenizer, 77, bos_token_id=0, eos_token_id=2, pad_token_id=1),
        vision_config=_vision(),
        projection_dim=40,
    )
    return _two_towers(
        folder,
        transformers.CLIPModel,
        config,
        tokenizer,
        {
            "image_processor_type": "CLIPImageProcessor",
            "size": {"shortest_edge": 32},
            "crop_size": {"height": 32, "width": 32},
            "do_center_crop": True,
            "resample": 3,
        },
    )


def siglip_folder(folder: Path) -> Path:
    """A SigLIP of transformers: squashed to a square, text padded to 64."""
    import transformers

    tokenizer = _pieces()
    config = transformers.SiglipConfig(text_config=_text(tokenizer, 64, pad_token_id=1), vision_config=_vision())
    return _two_towers(
        folder,
        transformers.SiglipModel,
        config,
        tokenizer,
        {
            "image_processor_type": "SiglipImageProcessor",
            "size": {"height": 32, "width": 32},
            "resample": 2,
            "image_mean": [0.5, 0.5, 0.5],
            "image_std": [0.5, 0.5, 0.5],
        },
    )


def siglip2_folder(folder: Path) -> Path:
    """A SigLIP2 of transformers that keeps the shape of a picture."""
    import transformers

    tokenizer = _pieces()
    vision = {name: value for name, value in _vision().items() if name != "image_size"} | {"num_patches": 16}
    config = transformers.Siglip2Config(text_config=_text(tokenizer, 64, pad_token_id=1), vision_config=vision)
    return _two_towers(
        folder,
        transformers.Siglip2Model,
        config,
        tokenizer,
        {
            "image_processor_type": "Siglip2ImageProcessor",
            "patch_size": 8,
            "max_num_patches": 16,
            "resample": 2,
        },
    )


def _vision() -> dict[str, Any]:
    return {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "image_size": 32,
        "patch_size": 8,
    }


def _text(tokenizer: Any, length: int, **ids: int) -> dict[str, Any]:
    return {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "vocab_size": tokenizer.get_vocab_size(),
        "max_position_embeddings": length,
        **ids,
    }


def _two_towers(folder: Path, model: Any, config: Any, tokenizer: Any, prepare: dict[str, Any]) -> Path:
    import torch

    torch.manual_seed(0)
    _save(model(config), folder)
    _save_tokenizer(tokenizer, folder, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>")
    _write(folder / "preprocessor_config.json", prepare)
    return folder


def _word_pieces() -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(
        CORPUS, trainers.WordPieceTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    )
    return tokenizer


def _pieces() -> Any:
    """Unigram pieces with the special tokens of XLM-RoBERTa, which CLIP and SigLIP are content with."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(
        CORPUS, trainers.UnigramTrainer(vocab_size=300, special_tokens=special, unk_token="<unk>", show_progress=False)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("<s>", "</s>")]
    )
    return tokenizer


def _save(model: Any, folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.eval().save_pretrained(folder, safe_serialization=True)


def _save_tokenizer(tokenizer: Any, folder: Path, **tokens: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    _write(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64, **tokens},
    )


def _write(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), "utf-8")


def _quietly(library: str) -> Any:
    from mmrag.embedders.torch_runtime import import_library

    return import_library(library)
