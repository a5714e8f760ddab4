"""Hostile requests: which pieces they are made of, how one is invented, and changed a little."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

MIB = 1024 * 1024
SIZES = (1000, 8_000, 16 * 1024, 35_000, 100_000, 300_000, MIB, MIB + 1)
CHUNKS = (0, 0, 0, 1, 64, 300, 4096)
COUNTS = (1, 10, 31, 90, 99, 120, 190, 210, 400, 900, 999, 1100, 3000, 10_000, 100_000, MIB)
"""How often a piece is repeated: around limits, and up to what fits."""

TEXT = {
    "letters": "a",
    "spaces": " ",
    "tabs, escaped": r"\t",
    "e acute": "\u00e9",
    "e acute, escaped": r"\u00e9",
    "NUL, escaped": r"\u0000",
    "lone surrogates": r"\ud800",
    "emoji": "\U0001f642",
    "emoji, escaped": r"\ud83d\ude42",
    "backslashes": r"\\",
    "quotes": r"\"",
    "commas": ",",
    "brackets": "[",
    "braces": "{",
    "zero-width": "\u200b",
    "zero-width, escaped": r"\u200b",
    "no-break spaces": "\u00a0",
    "ligatures that grow eighteenfold": "\ufdfa",
    "accents out of order": "\u0301\u0316",
    "many accents out of order": "\u0345\u0301\u0316\u0327\u0334",
    "accents to be composed": "a\u0301",
    "Hangul to be composed": "\u1100\u1161\u11a8",
    "letters that grow in lower case": "\u0130",
    "ats": "@",
    "points": "a.",
    "the last plane": "\U0010fffd",
}
VALUES = {
    "objects": "{}",
    "arrays": "[]",
    "ones": "1",
    "texts": '""',
    "NULs": r'"\u0000"',
    "nulls": "null",
    "true": "true",
    "exponents": "1e5",
    "floats": "-0.1234567890123456789",
    "floats of 399 digits": "1." + "3" * 397,
    "floats of 399 digits and an exponent": "9" * 394 + "e-320",
    "great exponents": "1e999",
    "integers of 399 digits": "9" * 399,
    "integers of 20 digits": "9" * 20,
    "objects of one": '{"a":1}',
    "objects of three": '{"a":1,"b":2,"c":3}',
    "arrays four deep": "[[[[]]]]",
    "arrays 31 deep": "[" * 31 + "]" * 31,
    "objects 31 deep": '{"":' * 30 + "{}" + "}" * 30,
    "long texts": '"' + "a" * 1000 + '"',
    "long escaped texts": '"' + r"\u00e9" * 160 + '"',
}
NAMES: dict[str, Callable[[int], str]] = {
    "short names": lambda n: f"{n:x}",
    "long names": lambda n: f"{n:0100x}",
    "very long names": lambda n: f"{n:01000x}",
    "escaped names": lambda n: r"\u00e9" * 8 + f"{n:x}",
    "names with a lone surrogate": lambda n: rf"\ud800{n:x}",
    "names of NUL": lambda n: rf"\u0000{n:x}",
    "one name": lambda _: "a",
    "read-only names": lambda n: ("id", "user_id", "created_at", "updated_at")[n % 4],
}
RAW = {
    "spaces": " ",
    "line feeds": "\n",
    "open arrays": "[",
    "open objects": '{"":',
    "quotes": '"',
    "backslashes": "\\",
    "commas": ",",
    "digits": "9",
    "objects one after the other": "{}",
    "NULs": "\0",
}
ENDINGS = ("}", "", "}x", ',"a":\udcff}', '"')  # the fourth is no UTF-8
FORM_PIECES = {
    "empty fields": "a&",
    "fields": "a=1&",
    "usernames": "username=x&",
    "separators": "&",
    "other separators": ";",
    "equals": "=",
    "percent signs": "%",
    "escapes": "%41",
    "escaped names": "%41=%41&",
    "plus signs": "+",
    "letters": "a",
    "emoji": "%F0%9F%99%82",
    "growing ligatures": "%EF%B7%BA",
}
MULTIPART_PIECES = {
    "parts": '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n',
    "files": '--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n1\r\n',
    "lines of a head": "a:b\r\n",
    "parameters": ";a=b",
    "almost boundaries": "\r\n-",
    "carriage returns": "\r",
    "line feeds": "\n",
    "letters": "a",
    "quotes": '\\"',
}
QUERIES = FORM_PIECES | {
    "statuses": "status=x&",
    "limits": "limit=1&",
    "sorts": "sort_by=x&",
    "a cursor": "cursor=" + "W1tb" * 400 + "&",
}
FIELDS: dict[str, tuple[str, str]] = {
    "short fields": ("a", ""),
    "repeated fields": ("a", "b"),
    "cookies": ("cookie", "a;"),
    "named cookies": ("cookie", "a=1;"),
    "quoted cookies": ("cookie", r'a="\101";'),
    "tokens": ("authorization", "Bearer x"),
    "points in a token": ("authorization", "."),
    "a token of braces": ("authorization", "e30"),
    "types": ("content-type", "a/"),
    "parameters of a type": ("content-type", ";a=b"),
    "acceptance": ("accept", "a/b;q=1,"),
    "ids": ("x-request-id", "a"),
    "bad ids": ("x-request-id", "a "),
    "origins": ("origin", "http://a"),
    "asked headers": ("access-control-request-headers", "content-type,"),
    "asked methods": ("access-control-request-method", "POST"),
    "codings": ("content-encoding", "identity"),
    "etags": ("if-none-match", '"a",'),
    "versions": ("if-match", '"1",'),
    "keys": ("idempotency-key", "a"),
    "hosts": ("x-forwarded-for", "1.1.1.1,"),
    "ranges": ("range", "bytes=0-1,"),
}


@dataclass(frozen=True)
class Target:
    """An operation: where it is, what it takes, and whose token it needs."""

    name: str
    method: str
    path: str
    members: tuple[tuple[str, Any], ...] = ()
    is_form: bool = False
    token: str = ""

    def plain(self) -> bytes:
        """The body that it takes."""
        if self.is_form:
            return "&".join(f"{name}={value}" for name, value in self.members).encode()
        inner = ",".join(f"{_text(name)}:{_literal(value)}" for name, value in self.members)
        return f"{{{inner}}}".encode() if self.members else b""


@dataclass(frozen=True)
class Request:
    """A request to an operation; without more, the one that it takes."""

    target: Target
    given: str | None = None
    body_genes: tuple["Gene", ...] = ()
    ending: str = "}"
    multipart: bool = False
    chunk: int = 0
    query_genes: tuple["Gene", ...] = ()
    field_genes: tuple["Gene", ...] = ()

    @property
    def body(self) -> bytes:
        """What is sent after the head."""
        if self.given is not None:
            return self.given.encode()
        if not self.body_genes:
            return self.target.plain()
        if self.target.is_form:
            return "".join(gene.written() for gene in self.body_genes).encode()
        mine = {gene.at for gene in self.body_genes if gene.kind in ("text", "array", "object")}
        members = [f"{_text(n)}:{_literal(v)}" for n, v in self.target.members if n not in mine]
        members += [gene.written() for gene in self.body_genes if gene.kind != "raw"]
        raw = "".join(gene.written() for gene in self.body_genes if gene.kind == "raw")
        return (raw + "{" + ",".join(members) + self.ending).encode("utf-8", "surrogateescape")

    def sent(self) -> bytes:
        """All that is sent."""
        query = "".join(gene.written() for gene in self.query_genes)[:8000]
        target = self.target.path + (f"?{query}" if query else "")
        kind = "application/json"
        if self.target.is_form:
            kind = "application/x-www-form-urlencoded"
        if self.multipart:
            kind = "multipart/form-data; boundary=x"
        body = self.body
        fields = [("Host", "127.0.0.1:8000")]
        if self.target.token:
            fields.append(("Authorization", f"Bearer {self.target.token}"))
        if body:
            fields.append(("Content-Type", kind))
        if body and self.chunk:
            fields.append(("Transfer-Encoding", "chunked"))
            starts = range(0, len(body), self.chunk)
            pieces = [body[at : at + self.chunk] for at in starts]
            body = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in [*pieces, b""])
        elif body:
            fields.append(("Content-Length", str(len(body))))
        for gene in self.field_genes:
            fields += gene.fields()
        lines = [f"{self.target.method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in fields)]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def described(self) -> str:
        """In words."""
        parts = [gene.described() for gene in self.body_genes]
        if self.body_genes:
            parts = [f"{len(self.body):,} bytes: " + " + ".join(parts)]
            if self.ending != "}":
                parts.append(f"ending in {self.ending!r}")
        parts += [f"in chunks of {self.chunk}"] if self.chunk else []
        parts += [f"query: {gene.described()}" for gene in self.query_genes]
        parts += [f"headers: {gene.described()}" for gene in self.field_genes]
        return "; ".join(parts) or "the plain one"


@dataclass(frozen=True)
class Gene:
    """A piece that is repeated at one place of a request."""

    kind: str
    at: str
    piece: str
    name: str = "short names"
    count: int = 1
    size: int = 1000

    def _times(self, length: int) -> int:
        return max(1, min(self.count, self.size // max(1, length)))

    def written(self) -> str:
        if self.kind in ("form", "multipart", "query"):
            pieces = {"form": FORM_PIECES, "multipart": MULTIPART_PIECES, "query": QUERIES}
            piece = pieces[self.kind][self.piece]
            return piece * self._times(len(piece))
        if self.kind == "raw":
            piece = RAW[self.piece]
            return piece * self._times(len(piece))
        if self.kind == "text":
            piece = TEXT[self.piece]
            return f'{_text(self.at)}:"{piece * self._times(len(piece.encode()))}"'
        value, name = VALUES[self.piece], NAMES[self.name]
        if self.kind == "array":
            return f"{_text(self.at)}:[{','.join([value] * self._times(len(value) + 1))}]"
        times = self._times(len(value) + len(name(0)) + 6)
        members = ",".join(f'"{name(n)}":{value}' for n in range(times))
        return f"{_text(self.at)}:{{{members}}}" if self.kind == "object" else members

    def fields(self) -> list[tuple[str, str]]:
        name, piece = FIELDS[self.piece]
        if self.kind == "field":
            return [(name, piece * self._times(len(piece) or 1))]
        return [(name, piece)] * self._times(len(name) + len(piece) + 4)

    def described(self) -> str:
        where = f" in {self.at!r}" if self.kind in ("text", "array", "object") else ""
        named = f" under {self.name}" if self.kind in ("members", "object") else ""
        return f"{self.kind} of {self.count:,} {self.piece}{named}{where} (≤ {self.size:,} bytes)"


def _text(text: str) -> str:
    return f'"{text}"'


def _literal(value: object) -> str:
    return json.dumps(value)


def _body_gene(target: Target, chance: random.Random) -> Gene:
    count, size = chance.choice(COUNTS), chance.choice(SIZES)
    if target.is_form:
        kind = chance.choice(("form", "multipart"))
        pieces = FORM_PIECES if kind == "form" else MULTIPART_PIECES
        return Gene(kind, "", chance.choice(list(pieces)), count=count, size=min(size, 17_000))
    kind = chance.choice(("text", "text", "array", "object", "members", "members", "raw"))
    pieces = {"text": TEXT, "raw": RAW}.get(kind, VALUES)
    at = chance.choice([*(name for name, _ in target.members), "unknown"])
    name = chance.choice(list(NAMES))
    return Gene(kind, at, chance.choice(list(pieces)), name, count, size)


def _query_gene(chance: random.Random) -> Gene:
    size = chance.choice((1000, 4000, 8000))
    return Gene("query", "", chance.choice(list(QUERIES)), count=chance.choice(COUNTS), size=size)


def _field_gene(chance: random.Random) -> Gene:
    kind, size = chance.choice(("field", "fields")), chance.choice((1000, 8000, 31_000, 62_000))
    return Gene(kind, "", chance.choice(list(FIELDS)), count=chance.choice(COUNTS), size=size)


def _is_multipart(genes: tuple[Gene, ...]) -> bool:
    return any(gene.kind == "multipart" for gene in genes)


def invented(target: Target, chance: random.Random) -> Request:
    """Make one up."""
    body: tuple[Gene, ...] = ()
    if target.members:
        body = tuple(_body_gene(target, chance) for _ in range(chance.choice((1, 1, 2, 3))))
    heads = (0, 0, 0, 1) if target.members else (0, 1, 2)
    return Request(
        target,
        body_genes=body,
        ending=chance.choice(ENDINGS) if chance.random() < 0.3 else "}",
        multipart=_is_multipart(body),
        chunk=chance.choice(CHUNKS),
        query_genes=tuple(_query_gene(chance) for _ in range(chance.choice(heads))),
        field_genes=tuple(_field_gene(chance) for _ in range(chance.choice(heads))),
    )


def changed(request: Request, chance: random.Random) -> Request:
    """Change one thing."""
    target = request.target
    choices = ["query_genes", "field_genes"]
    if target.members:
        choices += ["body_genes"] * 4 + ["ending", "chunk"]
    what = chance.choice(choices)
    if what == "chunk":
        return replace(request, chunk=chance.choice(CHUNKS))
    if what == "ending":
        return replace(request, ending=chance.choice(ENDINGS))
    make: dict[str, Callable[[], Gene]] = {
        "body_genes": lambda: _body_gene(target, chance),
        "query_genes": lambda: _query_gene(chance),
        "field_genes": lambda: _field_gene(chance),
    }
    genes = list(getattr(request, what))
    how = chance.choice(("add", "drop", "replace", "size", "count", "count"))
    if how == "add" or not genes:
        genes.append(make[what]())
    else:
        at = chance.randrange(len(genes))
        if how == "drop":
            del genes[at]
        elif how == "replace":
            genes[at] = make[what]()
        elif how == "size":
            genes[at] = replace(genes[at], size=make[what]().size)
        else:
            genes[at] = replace(genes[at], count=make[what]().count)
    genes = genes[-4:]
    changes: dict[str, Any] = {what: tuple(genes)}
    if what == "body_genes":
        changes["multipart"] = _is_multipart(tuple(genes))
    return replace(request, **changes)
