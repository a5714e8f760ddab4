"""`make check`: contracts/openapi.yaml says what the code serves; `--write` makes it so."""

import difflib
import sys

import yaml

from tests.contract import CONTRACT, contract
from tests.server import settings
from todo_server.app import create_app


class _Readable(yaml.SafeDumper):
    """Texts of several lines as blocks, and nothing by reference."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _text)


def main() -> int:
    served = create_app(settings("postgresql://")).openapi()
    text = yaml.dump(served, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=100)
    if "--write" in sys.argv:
        CONTRACT.write_text(text)
        return 0
    if contract() == served:
        sys.stdout.write("The contract is what the code serves.\n")
        return 0
    diff = difflib.unified_diff(
        CONTRACT.read_text().splitlines(),
        text.splitlines(),
        "the contract",
        "the code",
        lineterm="",
    )
    sys.stdout.write("\n".join(diff) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
