"""House rules that no linter of others knows, read from the syntax tree."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("arrears", "workflows", "activities", "api", "web")


@cache
def _modules() -> tuple[tuple[str, ast.Module], ...]:
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    )


def _called(tree: ast.AST, name: str) -> list[int]:
    """Lines that call a method of this name."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
    ]


def test_only_the_session_module_commits() -> None:
    """A second place that commits is a second moment at which half a decision can be seen."""
    found = [
        f"{path}:{line}"
        for path, tree in _modules()
        if path != "arrears/store/session.py"
        for line in _called(tree, "commit")
    ]
    assert found == []


def test_what_cases_share_in_one_process_is_constant() -> None:
    """Passed through the sandbox, a module is one for all workflows: a list in it would join their fates."""
    found = [
        f"{path}:{node.lineno} {name}"
        for path, tree in _modules()
        for node in tree.body
        for name in _loose_names(node)
    ]
    assert found == [], "make it a tuple, a frozenset, or a constant by name"


def _loose_names(node: ast.stmt) -> list[str]:
    """Names of a module that hold a list, set or dict and do not say by capitals that it stays as it is."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if not isinstance(getattr(node, "value", None), _MUTABLE):
        return []
    return [target.id for target in targets if isinstance(target, ast.Name) and not target.id.isupper()]


_MUTABLE = (ast.List, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp)


def test_no_function_changes_a_name_of_its_module() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Global)
    ]
    assert found == []


def test_cases_hear_signals_and_have_no_updates() -> None:
    """ADR 0003: an update would answer a person whom no stored message stands for."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in _modules()
        if path.startswith("workflows/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and "update" in node.attr and ast.unparse(node.value) == "workflow"
    ]
    assert found == []


def test_each_module_says_in_its_first_line_what_it_is() -> None:
    silent = [
        path
        for path, tree in _modules()
        if not path.endswith("__init__.py") and not (ast.get_docstring(tree) or "").strip()
    ]
    assert silent == []


def test_package_files_do_nothing() -> None:
    """Blank, or a list of what the modules of the folder offer together."""
    doing = [
        f"{path}:{node.lineno}"
        for path, tree in _modules()
        if path.endswith("__init__.py")
        for node in tree.body[ast.get_docstring(tree) is not None :]
        if not isinstance(node, ast.ImportFrom) and not _lists_names(node)
    ]
    assert doing == []


def _lists_names(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]
