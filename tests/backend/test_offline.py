"""Nothing reaches the network: in a process in which no socket may be opened, and in the code that could open one."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contrapposto.backend.errors import InputError
from contrapposto.backend.text.llm.addresses import check_allowed, parse_server

ROOT = Path(__file__).parents[2]
NETWORK = {
    "socket",
    "httpx",
    "http",
    "urllib",
    "ssl",
    "asyncio",
    "ftplib",
    "smtplib",
    "requests",
    "aiohttp",
    "socketserver",
}
MAY = {
    "backend/text/llm/addresses.py": {"urllib"},  # takes addresses apart
    "backend/masking.py": {"urllib"},  # quotes texts
    "backend/text/llm/names.py": {"socket"},
    "backend/text/llm/transport.py": {"asyncio", "httpx", "ssl"},
    "backend/text/llm/failures.py": {"httpx", "ssl"},
    "backend/text/llm/stepped.py": {"asyncio"},
    "backend/text/llm/client.py": {"ssl", "asyncio", "httpx"},
}
"""The client of the artist's own language model, and nothing else."""
FORBIDDEN_NETWORK = """
import sys
def forbid(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind"}:
        raise AssertionError(f"{event} {arguments}")
    if event == "subprocess.Popen" and arguments[0] != "lscpu":  # numpy asks for the processor
        raise AssertionError(f"{event} {arguments[:2]}")
sys.addaudithook(forbid)
from pathlib import Path
from contrapposto.backend.job import run_job
from contrapposto.backend.runtime import ModelCache
models = ModelCache()
"""
WAYS = {
    "photo": """
from contrapposto.backend.pipeline import find_people, solve_person
found = run_job(find_people(Path("samples/photo.jpg"), models))
print(len(found.people), "people")
""",
    "sketch": """
from contrapposto.backend.sketch_pipeline import find_figures
found = run_job(find_figures(Path("samples/photo.jpg"), models))
print(found.__class__.__name__)
""",
    "text": """
from contrapposto.backend.text_pipeline import TextRequest, pose_from_text
result = run_job(pose_from_text(TextRequest("kneel and raise the left arm to the side"), models))
print(len(result.program.elements), "elements")
""",
}


@pytest.mark.parametrize("way", WAYS)
def test_poses_are_made_without_a_socket(way: str) -> None:
    pytest.importorskip("torch")
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", FORBIDDEN_NETWORK + WAYS[way]], cwd=ROOT, env=surroundings, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if "ModelFileError" in done.stderr and "is missing" in done.stderr:
        pytest.skip("the model files are not there: make models")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()


def test_the_hook_of_this_test_works() -> None:
    code = FORBIDDEN_NETWORK + "import socket\nsocket.getaddrinfo('localhost', 80)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "AssertionError: socket.getaddrinfo" in done.stderr


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_only_the_language_models_client_imports_what_reaches_the_network() -> None:
    files = [path for folder in ("backend", "rig", "operators", "panels") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 200
    for path in (*files, *ROOT.glob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        assert _imported(path) & NETWORK <= MAY.get(name, set()), name


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost.evil", "http://localhost.evil.example/v1", "http://127.0.0.1.evil.example", "http://127.0.0.1.nip.io",
        "http://evil.example/localhost", "http://[::ffff:8.8.8.8]/v1", "http://[2001:db8::1]/v1", "http://[fe80::1]/v1",
        "http://[::ffff:0:0]:80", "http://10.0.0.1", "http://169.254.169.254/latest", "http://192.168.0.1", "http://0x7f.1",
        "http://2130706433", "http://0177.0.0.1", "http://127.1", "http://①②⑦.0.0.1.evil", "http://locаlhost/v1",  # noqa: RUF001
        "http://xlocalhost", "http://1.0.0.127", "http://[64:ff9b::7f00:1]",
    ],
)  # fmt: skip
def test_what_only_looks_like_this_computer_needs_online_access(address: str) -> None:
    with pytest.raises(InputError):
        check_allowed(parse_server(address), online_access=False)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://localhost", "gopher://localhost", "data:x", "//localhost"]
)
def test_other_schemes_are_no_servers(address: str) -> None:
    with pytest.raises(InputError):
        parse_server(address)


@pytest.mark.parametrize(
    "address",
    ["http://localhost", "http://a.localhost", "http://127.0.0.53", "http://[::1]", "http://[::ffff:127.0.0.1]"],
)
def test_this_computer_never_needs_it(address: str) -> None:
    server = parse_server(address)
    check_allowed(server, online_access=False)
    assert all(each.startswith(("127.", "::1", "::ffff:")) for each in server.known_addresses() or ("none",))
