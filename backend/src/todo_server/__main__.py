"""`todo-server` and `python -m todo_server`: the command line, after a second of imports."""

import signal


def main() -> None:
    """Run the command; a Ctrl-C before that can begin ends the process without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not ignored, as by `&`
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from todo_server.cli import main as run  # noqa: PLC0415 - this is what takes the second

    run()


if __name__ == "__main__":
    main()
