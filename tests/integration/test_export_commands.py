"""`ledger export` and `ledger import` as people call them, and killed on the way."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ledger_core import RECORD
from ledger_node.audit import audit
from ledger_node.policy_files import write_policy
from tests.integration.damaged_files import content
from tests.integration.node_process import END_S
from tests.integration.test_audit import START, tangleway
from tests.unit.ledger_node.stored_town import POLICY, Town, lived, put_down
from tests.unit.ledger_node.street import GENESIS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a ledger, its genesis and its policy."""
    path = tmp_path_factory.mktemp("ledger")
    put_down(lived(2), path / "data")
    (path / "genesis").write_bytes(GENESIS.tobytes())
    write_policy(path / "policy.toml", POLICY)
    return path


@pytest.mark.parametrize("form", ["records", "jsonl", "tiles"])
def test_a_ledger_is_carried_elsewhere(folder: Path, tmp_path: Path, form: str) -> None:
    """Exported, imported and judged again, in each form."""
    code, output, complaint = tangleway(
        "ledger", "export", folder, "-o", tmp_path / "out" / form, "--format", form, "--json"
    )
    assert (code, complaint) == (0, "")
    facts = json.loads(output)
    assert (facts["format"], facts["first"], facts["records"]) == (form, 0, 31)
    code, output, complaint = tangleway(
        *("ledger", "import", tmp_path / "out" / form, "--data", tmp_path / "copy"),
        *("--genesis", folder / "genesis", "--policy", folder / "policy.toml", "--json"),
    )
    assert (code, complaint) == (0, "")
    found = json.loads(output)
    assert (found["format"], found["records"]) == (form, 31)
    assert bool(found["checked"]) == (form != "jsonl")
    code, output, _ = tangleway(
        "ledger", "verify", tmp_path / "copy", "--policy", folder / "policy.toml", "--json"
    )
    assert code == 0
    assert json.loads(output)["ok"] is True


def test_lines_are_printed(folder: Path) -> None:
    """Nothing but lines goes to standard output."""
    code, output, complaint = tangleway(
        *("ledger", "export", folder, "-o", "-", "--format", "jsonl", "--from", "1", "--to", "4")
    )
    assert (code, complaint) == (0, "")
    assert [json.loads(line)["position"] for line in output.splitlines()] == [1, 2, 3]


def test_people_are_told_what_was_written(folder: Path, tmp_path: Path) -> None:
    """Facts stand one below the other; the file is one NumPy buffer."""
    code, output, _ = tangleway(
        "ledger", "export", folder / "data", "-o", tmp_path / "f", "--format", "records"
    )
    assert code == 0
    assert "records      31\n" in output
    assert len(np.fromfile(tmp_path / "f", RECORD)) == 31


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("-o", "-", "--format", "records"), 2, "Only lines can be printed"),
        (("-o", "-", "--format", "jsonl", "--json"), 2, "Only lines can be printed"),
        (("-o", "x", "--format", "tiles", "--from", "3"), 2, "leave out --from and --to"),
        (("-o", "x", "--format", "paper"), 2, "paper"),
        (("-o", "x", "--format", "jsonl", "--from", "50"), 2, "name positions that are there"),
        (("-o", "genesis/x", "--format", "jsonl"), 2, "can not be made"),
    ],
)
def test_mistakes_are_named(folder: Path, words: tuple[str, ...], code: int, said: str) -> None:
    """One sentence says what is wrong, and nothing is written."""
    before = sorted(folder.iterdir())
    placed = (folder / word if word in ("x", "genesis/x") else word for word in words)
    found, output, complaint = tangleway("ledger", "export", folder / "data", *placed)
    assert (found, output) == (code, "")
    assert said in complaint
    assert sorted(folder.iterdir()) == before


def test_a_forged_export_is_refused(folder: Path, tmp_path: Path) -> None:
    """Altered files end with 5, a record that breaks a rule with 6, and no directory appears."""
    path = tmp_path / "f"
    tangleway("ledger", "export", folder, "-o", path, "--format", "jsonl")
    lines = path.read_text().splitlines()
    words = ("ledger", "import", path, "--data", tmp_path / "new", "--genesis", folder / "genesis")
    path.write_text("\n".join([lines[0], lines[1].replace('"amount":5', '"amount":6')]))
    code, _, complaint = tangleway(*words)
    assert (code, "line 2 is no record" in complaint) == (5, True)
    path.write_text("\n".join([*lines[:5], *(line for line in lines[10:11])]))
    code, _, complaint = tangleway(*words)
    assert code == 5
    again = [json.loads(line) | {"position": 31, "batch": 31} for line in lines[1:2]]
    again[0]["at_us"] = json.loads(lines[-1])["at_us"]
    path.write_text("\n".join([*lines, json.dumps(again[0])]))
    code, _, complaint = tangleway(*words)
    assert (code, "position 31 breaks the rules" in complaint) == (6, True)
    assert list(tmp_path.glob("new*")) == []


def big(path: Path) -> Path:
    """Write down a ledger that takes a moment to judge."""
    town = Town()
    for _ in range(5):
        town.batch(town.pay(1_000))
    return put_down(town, path)


@pytest.fixture(scope="module")
def exported(folder: Path) -> Path:
    """Give the export of a larger ledger."""
    tangleway(
        "ledger", "export", big(folder / "big"), "-o", folder / "big.bin", "--format", "records"
    )
    return folder / "big.bin"


def started(*words: object) -> subprocess.Popen[bytes]:
    """Start the command."""
    return subprocess.Popen(
        [sys.executable, "-c", START, *(str(word) for word in words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("written", [1, 600_000])
def test_a_killed_import_leaves_nothing_that_looks_whole(
    folder: Path, exported: Path, tmp_path: Path, written: int
) -> None:
    """Killed in the middle, there is no directory; imported again, all of it is there."""
    data, part = tmp_path / "new", tmp_path / "new.part"
    words = ("ledger", "import", exported, "--data", data, "--genesis", folder / "genesis")
    with started(*words) as process:
        deadline_s = time.monotonic() + END_S
        while size(part) < written and process.poll() is None:
            assert time.monotonic() < deadline_s
        process.send_signal(signal.SIGKILL)
    assert not data.exists()
    assert part.is_dir()
    code, output, complaint = tangleway("ledger", "verify", part)
    assert code in {2, 6}, output
    assert "import again" in output or "holds no ledger" in complaint
    assert tangleway(*words)[0] == 0
    assert not part.exists()
    assert content(data).entries == content(folder / "big").entries
    assert audit(data, policy=POLICY).ok


def size(part: Path) -> int:
    """Return how much of a ledger there is."""
    files = part.glob("log.sqlite*") if part.is_dir() else ()
    try:
        return sum(path.stat().st_size for path in files)
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize("form", ["records", "tiles"])
def test_a_killed_export_leaves_what_was_there(
    folder: Path, exported: Path, tmp_path: Path, form: str
) -> None:
    """Killed in the middle, an export is the old one, or none, and can be made again."""
    path = tmp_path / "out"
    words = ("ledger", "export", folder / "big", "-o", path, "--format", form)
    with started(*words) as process:
        deadline_s = time.monotonic() + END_S
        while not any(tmp_path.rglob("*.part")) and process.poll() is None:
            assert time.monotonic() < deadline_s
        process.send_signal(signal.SIGKILL)
    whole = path / "checkpoint" if form == "tiles" else tmp_path / "out.json"
    assert not whole.exists()
    assert tangleway(*words)[0] == 0
    code, _, complaint = tangleway(
        "ledger", "import", path, "--data", tmp_path / "new", "--genesis", folder / "genesis"
    )
    assert code == 0, complaint
    assert audit(tmp_path / "new").size == 5_001
    assert exported.exists()
