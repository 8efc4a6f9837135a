"""Finds every text that the interface shows, and says what each language lacks.

Run it as `python -m contrapposto.translations.extract`. It reads the source alone. What is shown, by where it stands:

- `iface_("...")`, `tip_("...")`, `rpt_("...")` and `n_("...")`, Blender's own way to write it; the last only marks it;
- `text=` and `placeholder=` of what is drawn, the sentence of `draw_sentence`, and the text of a report;
- `name=`, `description=` and `items=` of properties, `bl_label`, `bl_description`, and the docstrings of operators;
- the stages of jobs: the first argument of `Progress`, `stage=` of `timed_job`, and constants called STAGE.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .catalogue import DEFAULT, OPERATOR, Message, languages, read, write

ROOT: Final = Path(__file__).parents[1]
_SHOWN: Final = ("*.py", "operators/*.py", "panels/*.py", "rig/*.py", "translations/words.py")
_MARKS: Final = frozenset({"iface_", "tip_", "rpt_", "n_"})
_PROPERTIES: Final = frozenset(
    f"{kind}Property"
    for kind in ("Bool", "Collection", "Enum", "Float", "FloatVector", "Int", "IntVector", "Pointer", "String")
)
_RECORDS: Final = frozenset(
    f"CONTRAPPOSTO_PG_{name}"
    for name in ("body_part", "constraint", "joint", "person", "result", "timing", "track", "video_result")
)
"""Groups of properties that write down what was done: panels tell of them in sentences, and never draw them."""
_LETTERS: Final = 2
"""A text of fewer letters, such as X or %, is the same in every language."""


def shown_texts() -> dict[Message, str]:
    """Every text that the interface shows -> the first place where it stands."""
    found: dict[Message, str] = {}
    for path in sorted(path for pattern in _SHOWN for path in ROOT.glob(pattern)):
        for message, line in _File(path).messages():
            found.setdefault(message, f"{path.relative_to(ROOT)}:{line}")
    for path in sorted((ROOT / "backend").rglob("*.py")):
        if not path.name.startswith("cli"):
            for text, line in _stages(ast.parse(path.read_text(encoding="utf-8"))):
                found.setdefault((DEFAULT, text), f"{path.relative_to(ROOT)}:{line}")
    for text in _words_of_joints():
        found.setdefault((DEFAULT, text), "backend/joint_words.py:1")
    return {message: place for message, place in found.items() if sum(map(str.isalpha, message[1])) >= _LETTERS}


class _File:
    """A source file of the interface."""

    def __init__(self, path: Path) -> None:
        self._tree = ast.parse(path.read_text(encoding="utf-8"))
        self._tree.body = [n for n in self._tree.body if not (isinstance(n, ast.ClassDef) and n.name in _RECORDS)]
        self._constants = {
            target.id: node.value
            for node in self._tree.body
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }

    def messages(self) -> Iterator[tuple[Message, int]]:
        """Context and text, and the line."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ClassDef):
                yield from self._of_class(node)
            elif isinstance(node, ast.Call):
                name = _name_of(node.func)
                if name in _PROPERTIES and not _is_hidden(node):
                    yield from self._of_property(node)
                elif name not in _PROPERTIES:
                    yield from self._of_call(node, name)
        for text, line in _stages(self._tree):
            yield (DEFAULT, text), line

    def _of_class(self, node: ast.ClassDef) -> Iterator[tuple[Message, int]]:
        is_operator = node.name.startswith("CONTRAPPOSTO_OT_")
        for entry in node.body:
            if isinstance(entry, ast.Assign) and _name_of(entry.targets[0]) == "bl_label":
                context = OPERATOR if is_operator else DEFAULT
                yield from self._texts(entry.value, context)
            elif isinstance(entry, ast.Assign) and _name_of(entry.targets[0]) in {"bl_description", "job_title"}:
                yield from self._texts(entry.value, DEFAULT)
        tooltip = ast.get_docstring(node)
        if tooltip and is_operator:
            yield (DEFAULT, tooltip), node.lineno

    def _of_property(self, node: ast.Call) -> Iterator[tuple[Message, int]]:
        for keyword in node.keywords:
            if keyword.arg in {"name", "description"}:
                yield from self._texts(keyword.value, DEFAULT)
            elif keyword.arg == "items":
                items = self._resolved(keyword.value)
                for item in items.elts if isinstance(items, ast.Tuple) else ():
                    for text in item.elts[1:3] if isinstance(item, ast.Tuple) else ():
                        yield from self._texts(text, DEFAULT)

    def _of_call(self, node: ast.Call, name: str) -> Iterator[tuple[Message, int]]:
        if name in _MARKS and node.args:
            context = OPERATOR if len(node.args) > 1 else DEFAULT
            yield from self._texts(node.args[0], context)
        elif name in {"draw_sentence", "report", "poll_message_set"}:
            for argument in node.args:
                yield from self._texts(argument, DEFAULT)
        if any(k.arg == "translate" and isinstance(k.value, ast.Constant) and not k.value.value for k in node.keywords):
            return
        for keyword in node.keywords:
            if keyword.arg == "text" and isinstance(node.func, ast.Attribute):
                yield from self._texts(keyword.value, OPERATOR if name == "operator" else DEFAULT)
            elif keyword.arg == "placeholder":
                yield from self._texts(keyword.value, DEFAULT)

    def _texts(self, node: ast.expr, context: str) -> Iterator[tuple[Message, int]]:
        """The texts that an expression can be: one, or one of two."""
        node = self._resolved(node)
        if isinstance(node, ast.IfExp):
            yield from self._texts(node.body, context)
            yield from self._texts(node.orelse, context)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield (context, node.value), node.lineno

    def _resolved(self, node: ast.expr) -> ast.expr:
        """What a constant of the file stands for."""
        return self._constants.get(node.id, node) if isinstance(node, ast.Name) else node


def _stages(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """What a job says it does, and what its parts are called in the table of times."""
    for node in ast.walk(tree):
        texts: list[ast.expr] = []
        if isinstance(node, ast.Call) and _name_of(node.func) == "Progress":
            texts = node.args[:1]
        elif isinstance(node, ast.AnnAssign) and node.value is not None and _name_of(node.target).endswith("STAGE"):
            texts = [node.value]
        for text in texts:
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value, node.lineno
        if isinstance(node, ast.Call) and _name_of(node.func) == "timed_job":
            for keyword in node.keywords:
                if keyword.arg == "stage" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value).capitalize(), node.lineno


def _is_hidden(node: ast.Call) -> bool:
    """Whether a property is never drawn."""
    options = next((keyword.value for keyword in node.keywords if keyword.arg == "options"), None)
    return isinstance(options, ast.Set) and any(
        isinstance(each, ast.Constant) and each.value == "HIDDEN" for each in options.elts
    )


def _words_of_joints() -> Iterator[str]:
    """Joints and groups of joints, which are drawn and are names of properties."""
    from ..backend.joint_words import BODY_GROUPS, FINGER_GROUPS, in_words

    for group, joints in (*BODY_GROUPS.items(), *FINGER_GROUPS.items()):
        yield group
        for joint, words in joints.items():
            yield words
            yield in_words(joint).capitalize()


def _name_of(node: ast.expr) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def lacking(language: str) -> tuple[list[Message], list[Message]]:
    """What is shown and the file of a language lacks, and what the file has and nothing shows any more."""
    shown, there = shown_texts(), read(language)
    return [m for m in shown if not there.get(m)], [m for m in there if m not in shown]


def main() -> int:
    """Say what is lacking; with `--write` add it to the files, empty, and take out what is shown no more."""
    shown, wrong = shown_texts(), 0
    for language in languages():
        missing, obsolete = lacking(language)
        wrong += len(missing) + len(obsolete)
        for title, messages in (("lacks", missing), ("no longer needs", obsolete)):
            for context, text in messages:
                sys.stdout.write(f"{language} {title} [{context}] {text!r} ({shown.get((context, text), 'nowhere')})\n")
        if "--write" in sys.argv:
            there = read(language)
            write(language, {message: there.get(message, "") for message in shown})
        sys.stdout.write(f"{language}: {len(shown) - len(missing)} of {len(shown)} texts\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
