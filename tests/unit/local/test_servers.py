import socket

import pytest
from sodai_local import cloud_server, door_server


def test_answers_are_sent_at_once():
    # asyncio turns Nagle's algorithm off only for a socket whose protocol is told.
    for listen in (cloud_server.listen, door_server.listen):
        with listen(0) as connection:
            assert connection.proto == socket.IPPROTO_TCP
            assert connection.getsockname()[0] == "127.0.0.1"


def test_cloud_moves_to_a_free_port_and_the_door_does_not():
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        with cloud_server.listen(taken) as connection:
            assert connection.getsockname()[1] != taken
        with pytest.raises(SystemExit) as ended:
            door_server.listen(taken)
    assert ended.value.code == 4
