import socket

from arrears.engine.ports import choose, is_free


def test_every_name_gets_a_free_port_of_its_own_below_the_systems_range() -> None:
    chosen = choose([f"port-{n}" for n in range(12)], kept={})
    assert len(set(chosen.values())) == 12
    assert all(port < 32_768 and is_free(port) for port in chosen.values())


def test_a_kept_port_is_kept_while_it_is_free() -> None:
    kept = choose(["grpc", "ui"], kept={})
    assert choose(["grpc", "ui"], kept=kept) == kept


def test_a_kept_port_that_somebody_took_is_replaced_and_the_others_stay() -> None:
    kept = choose(["grpc", "ui"], kept={})
    with socket.create_server(("127.0.0.1", kept["grpc"])):
        chosen = choose(["grpc", "ui"], kept=kept)
    assert chosen["grpc"] != kept["grpc"]
    assert chosen["ui"] == kept["ui"]
