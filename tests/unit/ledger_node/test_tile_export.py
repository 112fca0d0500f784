"""Tiles: published whole, carried on, and read by whoever knows the specification."""

import asyncio
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from ledger_core import (
    RECORD_SIZE,
    Checkpoint,
    Frontier,
    Note,
    NoteSignature,
    Tile,
    inclusion_proof,
    parse_records,
    read_from_tiles,
    record_ids,
    tiles_between,
    verify_inclusion,
)
from ledger_node.errors import CheckpointMismatchError, ExportDamagedError, ExportError
from ledger_node.log import Entry
from ledger_node.published_tiles import PublishedTiles
from ledger_node.tile_export import TilePublisher
from tests.conformance.memory_log import MemoryLog

ORIGIN = "tangleway/street"


def record(number: int) -> bytes:
    """Return 256 bytes that tell records apart; tiles do not read them."""
    return number.to_bytes(8, "little") * (RECORD_SIZE // 8)


def log_of(size: int, *, salt: int = 0) -> MemoryLog:
    """Return a log of batches that do not end where tiles do."""
    log = MemoryLog()
    for first in range(0, size, 100):
        stop = min(first + 100, size)
        records = b"".join(record(number ^ salt) for number in range(first, stop))
        asyncio.run(log.append(Entry(first=first, at_us=first, records=records)))
    return log


def note_of(size: int, *, salt: int = 0, origin: str = ORIGIN, name: str = "log") -> Note:
    """Sign the tree of a log's beginning; nobody verifies it here."""
    tree = Frontier()
    records = b"".join(record(number ^ salt) for number in range(size))
    tree.append(record_ids(parse_records(records)))
    text = Checkpoint(origin, size, tree.root()).text()
    return Note(text, (NoteSignature(name, b"1234", b"signature"),))


def published(folder: Path, size: int, *, of: int = 70_000) -> int:
    """Publish the beginning of a log; return how many files were written."""
    publisher = TilePublisher(folder, note_of(size))
    for _ in publisher.publish(log_of(min(of, size + 50))):
        pass
    return publisher.written


def files(folder: Path) -> dict[str, bytes]:
    """Return all files by their paths."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_the_files_are_those_of_the_specification(tmp_path: Path, size: int) -> None:
    """Each tile, each bundle and the checkpoint are there, and nothing else."""
    published(tmp_path, size)
    tiles = list(tiles_between(0, size))
    bundles = {tile.entries_path for tile in tiles if tile.level == 0}
    assert set(files(tmp_path)) == {"checkpoint", *(tile.path for tile in tiles), *bundles}


def test_a_tree_of_three_levels(tmp_path: Path) -> None:
    """Beyond 65,536 records there is a tile of level 2."""
    published(tmp_path, 65_537)
    assert (tmp_path / "tile/2/000.p/1").read_bytes()
    assert (tmp_path / "tile/0/x000/256.p/1").exists() is False
    assert (tmp_path / "tile/0/256.p/1").exists()
    assert proves(tmp_path, 65_537, 40_000)


def proves(folder: Path, size: int, position: int) -> bool:
    """Prove a record from the files alone."""
    reader = PublishedTiles(folder)
    note = reader.note()
    assert note is not None
    path = inclusion_proof(position, size, read_from_tiles(size, reader.read_tile))
    leaf = sha256(b"\x00" + record(position)).digest()
    root = Checkpoint.parse(note.text).root
    verify_inclusion(leaf, index=position, size=size, path=path, root=root)
    return True


@pytest.mark.parametrize(
    "sizes", [(1, 2, 3), (255, 256, 257, 700), (100, 513), (256, 512), (40, 40)]
)
def test_what_is_published_is_carried_on(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    """Published step by step, the files are those that one step would write."""
    for size in sizes:
        published(tmp_path / "steps", size)
        assert proves(tmp_path / "steps", size, size - 1)
        assert proves(tmp_path / "steps", size, 0)
    published(tmp_path / "once", sizes[-1])
    steps, once = files(tmp_path / "steps"), files(tmp_path / "once")
    assert {name: steps.get(name) for name in once} == once


def test_only_what_is_new_is_written(tmp_path: Path) -> None:
    """Old tiles are not touched, and with no news nothing is."""
    published(tmp_path, 600)
    full = tmp_path / "tile/0/000"
    before = full.stat().st_mtime_ns
    assert published(tmp_path, 600) == 0
    assert published(tmp_path, 601) == 3  # a tile, its records, the checkpoint
    assert full.stat().st_mtime_ns == before


def test_partial_tiles_go_when_they_are_full(tmp_path: Path) -> None:
    """What a reader of an older checkpoint asks for stands in the full tile."""
    published(tmp_path, 600)
    old = read_from_tiles(600, PublishedTiles(tmp_path).read_tile)
    published(tmp_path, 1_000)
    assert not (tmp_path / "tile/0/002.p").exists()
    assert not (tmp_path / "tile/entries/002.p").exists()
    assert PublishedTiles(tmp_path).read_tile(Tile(0, 2, 88)) == b"".join(
        sha256(b"\x00" + record(number)).digest() for number in range(512, 600)
    )
    assert old(0, 599) == sha256(b"\x00" + record(599)).digest()


def test_a_run_that_was_killed_is_made_good(tmp_path: Path) -> None:
    """Tiles without a checkpoint over them count for nothing, and are finished later."""
    published(tmp_path, 300)
    publisher = TilePublisher(tmp_path, note_of(900))
    steps = publisher.publish(log_of(900))
    next(steps)
    next(steps)
    del steps
    note = PublishedTiles(tmp_path).note()
    assert note == note_of(300)
    assert proves(tmp_path, 300, 299)
    published(tmp_path, 900)
    assert proves(tmp_path, 900, 299)


def test_new_cosignatures_are_published(tmp_path: Path) -> None:
    """The same tree with other signatures replaces the checkpoint alone."""
    published(tmp_path, 300)
    publisher = TilePublisher(tmp_path, note_of(300, name="city"))
    assert list(publisher.publish(log_of(300))) == [300]
    assert publisher.written == 1
    assert PublishedTiles(tmp_path).note() == note_of(300, name="city")


def test_another_log_is_not_mixed_in(tmp_path: Path) -> None:
    """Other names and later states are refused before anything is written."""
    published(tmp_path, 300)
    before = files(tmp_path)
    for note in (note_of(400, origin="tangleway/berlin"), note_of(200)):
        with pytest.raises(ExportError, match="name another folder"):
            TilePublisher(tmp_path, note)
    with pytest.raises(CheckpointMismatchError, match="two histories"):
        TilePublisher(tmp_path, note_of(300, salt=1 << 20))
    assert files(tmp_path) == before


@pytest.mark.parametrize("size", [256, 300])
def test_a_history_that_was_rewritten_is_not_published(tmp_path: Path, size: int) -> None:
    """A log that does not continue what is published gets no checkpoint over it."""
    published(tmp_path, size)
    publisher = TilePublisher(tmp_path, note_of(700, salt=1 << 20))
    with pytest.raises(CheckpointMismatchError, match="are not those"):
        list(publisher.publish(log_of(700, salt=1 << 20)))
    assert PublishedTiles(tmp_path).note() == note_of(size)
    assert proves(tmp_path, size, size - 1)


def test_a_log_shorter_than_its_checkpoint_is_not_published(tmp_path: Path) -> None:
    """Nothing is published that the records do not bear out."""
    publisher = TilePublisher(tmp_path, note_of(300))
    with pytest.raises(CheckpointMismatchError, match="first 300 records are not those under"):
        list(publisher.publish(log_of(200)))
    assert PublishedTiles(tmp_path).note() is None


def test_a_log_that_begins_too_late_is_not_published(tmp_path: Path) -> None:
    """A pruned log carries on what is published, but can not begin."""
    log = log_of(700)
    asyncio.run(log.prune(600))
    with pytest.raises(ExportError, match="begins at position 600"):
        list(TilePublisher(tmp_path, note_of(700)).publish(log))
    published(tmp_path, 620)
    with pytest.raises(ExportError, match="tiles need it from 512 on"):
        list(TilePublisher(tmp_path, note_of(700)).publish(log))
    asyncio.run((log := log_of(900)).prune(500))
    list(TilePublisher(tmp_path, note_of(900)).publish(log))
    assert proves(tmp_path, 900, 3)


def test_damaged_tiles_are_not_carried_on(tmp_path: Path) -> None:
    """What is published has to be what its checkpoint says."""
    published(tmp_path, 300)
    tile = tmp_path / "tile/1/000.p/1"
    tile.write_bytes(bytes(32))
    with pytest.raises(ExportDamagedError, match="not those under its checkpoint"):
        TilePublisher(tmp_path, note_of(700))
    tile.unlink()
    with pytest.raises(ExportDamagedError, match=r"tile/1/000.p/1 is missing or cut short"):
        TilePublisher(tmp_path, note_of(700))
    (tmp_path / "checkpoint").write_text("hello")
    with pytest.raises(ExportDamagedError, match="is no checkpoint"):
        TilePublisher(tmp_path, note_of(700))


def test_records_are_read_back(tmp_path: Path) -> None:
    """Bundles give the records in order, and damage is named."""
    published(tmp_path, 600)
    found = b"".join(PublishedTiles(tmp_path).records(600))
    assert found == b"".join(record(number) for number in range(600))
    bundle = tmp_path / "tile/entries/001"
    content = bundle.read_bytes()
    for broken in (content[:-1], b"\x00\x01" + content[2:]):
        bundle.write_bytes(broken)
        with pytest.raises(ExportDamagedError, match="tile/entries/001"):
            list(PublishedTiles(tmp_path).records(600))
    shutil.rmtree(tmp_path / "tile/entries")
    with pytest.raises(ExportDamagedError, match="missing"):
        list(PublishedTiles(tmp_path).records(600))
