"""Deleting what a private server made, and nothing else."""

from __future__ import annotations

import shutil

from noktvrn_ai_artist.database.private_server.places import Places, socket_folder


def remove_everything(places: Places) -> None:
    """Delete data, logs and locks; the folder too, unless something foreign lies in it.

    The caller holds the lifecycle lock, and nothing runs.
    """
    for data in places.data_folders():
        sockets = socket_folder(data, owner=data.stat().st_uid)
        if sockets != data and sockets.is_dir():
            shutil.rmtree(sockets)
        shutil.rmtree(data)
    for unfinished in places.folder.glob("new-*"):
        shutil.rmtree(unfinished)
    for log in (places.log_file, places.old_log_file):
        log.unlink(missing_ok=True)
    for lock in places.locks:
        lock.unlink(missing_ok=True)
    if not any(places.folder.iterdir()):
        places.folder.rmdir()
