"""The house rules that a file can break on its own, and a checker that finds where it does.

`check` takes a path and a text and returns findings; it reads no file, so that the tests can show
it bad snippets. Rules that ruff, mypy or import-linter know stay with them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

SOURCE_LINES_MAX = 300
"""A file that a reader takes in as one thing."""

TEST_LINES_MAX = 400
"""Tests are lists of cases, read one by one."""

FUNCTION_LINES_MAX = 50
"""Without its docstring; what is longer hides a second function."""

POSITIONAL_MAX = 3
"""More arguments than these are told apart by name alone."""

COLUMNS_MAX = 100
"""Two files side by side on a laptop."""

JUNK_NAMES = frozenset(
    {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
)
"""Names that say where something was dropped, not what it is."""

LEFTOVERS = re.compile(r"\b(?:TO(?:DO)|FIX(?:ME)|X(?:XX)|NotImplemented(?:Error))\b")
"""Unfinished work belongs into the issues, never on the main branch."""

DATA_BASES = frozenset({"Struct", "SQLModel", "NamedTuple"})
"""Base classes whose annotated names are fields."""

DATA_KEYWORDS = frozenset({"frozen", "kw_only", "table", "tag"})
"""What only a class with fields is declared with, whatever its base is called."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """A place that breaks a rule."""

    path: str
    """File, relative to the project's root."""
    line: int
    """Line, counted from 1."""
    what: str
    """One sentence that says what is wrong."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def check(path: PurePath, text: str) -> list[Finding]:
    """Return all that is untidy in one Python file, in order of lines.

    Args:
        path: Where the file stands, relative to the project's root.
        text: What is written in it.
    """
    tree = ast.parse(text)
    is_test = path.parts[0] == "tests"
    problems = [
        *_layout(path, text, is_test=is_test),
        *_docstrings(tree, is_test=is_test),
        *_functions(tree, is_test=is_test),
        *(_sleeps(tree) if is_test else ()),
    ]
    return sorted(Finding(str(path), line, what) for line, what in problems)


def function_lengths(text: str) -> list[int]:
    """Return the number of lines of each function, docstrings left out."""
    return [_length(node) for node in ast.walk(ast.parse(text)) if isinstance(node, FunctionNode)]


def _layout(path: PurePath, text: str, *, is_test: bool) -> Iterator[tuple[int, str]]:
    """Find what is wrong with a file's name, length, columns and leftovers."""
    lines = text.splitlines()
    lines_max = TEST_LINES_MAX if is_test else SOURCE_LINES_MAX
    if len(lines) > lines_max:
        yield lines_max + 1, f"the file has {len(lines)} lines, more than {lines_max}"
    for name in (*path.parent.parts, path.stem):
        if JUNK_NAMES & set(name.strip("_").split("_")):
            yield 1, f"the name '{name}' says nothing: name what is inside"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns, more than {COLUMNS_MAX}"
        if leftover := LEFTOVERS.search(line):
            yield number, f"'{leftover[0]}' is left over: finish it or open an issue"


def _docstrings(tree: ast.Module, *, is_test: bool) -> Iterator[tuple[int, str]]:
    """Find public things that nobody has described; a fake's methods are described by its port."""
    if ast.get_docstring(tree) is None:
        yield 1, "the module has no docstring"
    for node in _public(tree):
        if is_test and node not in tree.body and not node.name.startswith("test_"):
            continue
        if ast.get_docstring(node) is None and not _is_special(node):
            yield node.lineno, f"{node.name} has no docstring"
        if isinstance(node, ast.ClassDef) and not is_test:
            yield from _fields(node)


def _public(parent: ast.AST) -> Iterator[FunctionNode | ast.ClassDef]:
    """Walk the public functions and classes of a module, and the public ones of those classes."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, FunctionNode | ast.ClassDef) and not _is_hidden(node):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def _is_hidden(node: FunctionNode | ast.ClassDef) -> bool:
    """Tell whether only the file itself uses this, or it restates what is described elsewhere."""
    restates = {_name(decorator) for decorator in node.decorator_list} & {
        "overload", "override", "setter",
    }  # fmt: skip
    return (node.name.startswith("_") and not _is_special(node)) or bool(restates)


def _is_special(node: FunctionNode | ast.ClassDef) -> bool:
    """Tell whether Python itself says what this does."""
    return node.name.startswith("__") and node.name.endswith("__")


def _fields(node: ast.ClassDef) -> Iterator[tuple[int, str]]:
    """Find public fields that neither a string below them nor the class docstring describes."""
    is_data = (
        any(_name(base) in DATA_BASES for base in node.bases)
        or any(_name(decorator) == "dataclass" for decorator in node.decorator_list)
        or any(keyword.arg in DATA_KEYWORDS for keyword in node.keywords)
    )
    if not is_data:
        return
    told = set(
        re.findall(r"^\s*(\w+)(?: \([^)]*\))?:", ast.get_docstring(node) or "", re.MULTILINE)
    )
    following = [*node.body[1:], ast.Pass()]
    for statement, below in zip(node.body, following, strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            described = name in told or name.startswith("_") or _is_text(below)
            if not described:
                yield statement.lineno, f"the field {node.name}.{name} is not described"


def _functions(tree: ast.Module, *, is_test: bool) -> Iterator[tuple[int, str]]:
    """Find functions that are too long or take too many arguments by position."""
    for node in ast.walk(tree):
        if not isinstance(node, FunctionNode):
            continue
        if (length := _length(node)) > FUNCTION_LINES_MAX:
            yield node.lineno, f"{node.name} has {length} lines, more than {FUNCTION_LINES_MAX}"
        positional = [
            argument.arg
            for argument in (*node.args.posonlyargs, *node.args.args)
            if argument.arg not in {"self", "cls"}
        ]
        if len(positional) > POSITIONAL_MAX and not is_test and not _is_special(node):
            count = f"{len(positional)} arguments by position, more than {POSITIONAL_MAX}"
            yield node.lineno, f"{node.name} takes {count}: make the rest keyword-only"


def _sleeps(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Find tests that wait for the wall clock; `sleep(0)` only lets others run."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        source = ast.unparse(node.func)
        waits = source in {"time.sleep", "asyncio.sleep", "sleep"}
        if waits and [ast.unparse(argument) for argument in node.args] != ["0"]:
            yield node.lineno, f"{source}() in a test: wait for what should happen instead"


def _length(node: FunctionNode) -> int:
    """Return a function's number of lines, its docstring left out."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if _is_text(first):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def _is_text(node: ast.stmt) -> bool:
    """Tell whether a statement is nothing but a string."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _name(node: ast.expr) -> str:
    """Return the last part of a dotted name, whether it is called or not."""
    source = node.func if isinstance(node, ast.Call) else node
    return ast.unparse(source).split("[")[0].rsplit(".", 1)[-1]
