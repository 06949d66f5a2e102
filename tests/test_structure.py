"""The rules that the code keeps: sizes, docstrings, forbidden calls, light imports, public names."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "mmrag"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {
    "numpy",
    "torch",
    "transformers",
    "open_clip",
    "sentence_transformers",
    "faiss",
    "pymupdf",
    "onnxruntime",
    "sqlalchemy",
}
MODEL_LIBRARIES = {"torch", "transformers", "open_clip", "sentence_transformers"}
FORBIDDEN_IMPORTS = {"pickle", "dill", "joblib", "shelve", "marshal"}
FORBIDDEN_CALLS = {"eval", "exec", "print"}


def _named(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_sizes(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    found = []
    if len(text.splitlines()) > 400:
        found.append(f"module has {len(text.splitlines())} lines; 400 are allowed")
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.end_lineno - node.lineno + 1 > 200:
            found.append(f"class {node.name} has {node.end_lineno - node.lineno + 1} lines; 200 are allowed")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            named = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            arguments = len([name for name in named if name not in ("self", "cls")])
            if length > 50 and not _is_command(node):
                found.append(f"{node.name} has {length} lines; 50 are allowed")
            if arguments > 7 and not _is_command(node):
                found.append(f"{node.name} has {arguments} arguments; 7 are allowed")
    assert not found, found


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A command of the command line has one argument an option: its signature is the user's interface, not ours."""
    return any("command" in ast.unparse(decorator) for decorator in node.decorator_list)


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_nothing_dangerous(path: Path) -> None:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in FORBIDDEN_IMPORTS]
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FORBIDDEN_IMPORTS:
            found.append(node.module)
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in FORBIDDEN_CALLS or name in ("torch.load", "yaml.load", "os.system", "os.popen"):
                found.append(f"line {node.lineno}: {name}()")
            for keyword in node.keywords:
                if (
                    keyword.arg in ("shell", "allow_pickle", "trust_remote_code")
                    and ast.unparse(keyword.value) != "False"
                ):
                    found.append(f"line {node.lineno}: {keyword.arg}={ast.unparse(keyword.value)}")
    assert not found, found


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_public_names_are_documented(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    found = [] if ast.get_docstring(tree) else ["the module"]
    hidden = {id(node) for outer in ast.walk(tree) if _hides(outer) for node in ast.walk(outer) if node is not outer}
    for node in ast.walk(tree):
        public = isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
        if public and id(node) not in hidden and not ast.get_docstring(node):
            found.append(f"{node.name}, line {node.lineno}")
    assert not found, f"no docstring: {found}"


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_model_libraries_stay_with_the_models(path: Path) -> None:
    """They are imported by name at run time, which import-linter does not see."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in (
            "import_module",
            "import_library",
        ):
            names = [ast.literal_eval(node.args[0])] if node.args and isinstance(node.args[0], ast.Constant) else []
        found += [name for name in names if name.split(".")[0] in MODEL_LIBRARIES]
    allowed = [PACKAGE / "embedders", PACKAGE / "llms", PACKAGE / "training"]
    assert not found or any(path.is_relative_to(folder) for folder in allowed), found


def _hides(node: ast.AST) -> bool:
    """Whether what is inside is nobody else's: a function, or a private class."""
    return isinstance(node, ast.FunctionDef) or (isinstance(node, ast.ClassDef) and node.name.startswith("_"))


def test_all_is_what_is_there() -> None:
    for path in MODULES:
        module = "mmrag." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        module = module.removesuffix(".__init__")
        if module.endswith("__main__") or module.startswith("mmrag.testing"):
            continue
        names = getattr(importlib.import_module(module), "__all__", None)
        assert names is not None, f"{module} has no __all__"
        loaded = importlib.import_module(module)
        missing = [name for name in names if not hasattr(loaded, name)]
        assert not missing, f"{module}.__all__ names what is not there: {missing}"


@pytest.mark.parametrize("module", ["mmrag", "mmrag.cli"])
def test_import_is_light(module: str) -> None:
    code = f"import sys, {module}; print(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not HEAVY & set(out.split())
