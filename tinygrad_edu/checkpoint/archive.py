"""The archive: a zip file of records, which are kept as they are, uncompressed and aligned.

Each record is a header, padding, the content, and a descriptor with its length and checksum. At the
end of the file stands a directory: the name, checksum, length and place of every record. All
numbers are little-endian. PyTorch computes where records lie without looking, so the layout here is
its own to the byte. Nothing is ever unpacked to disk, so names of records are names and no paths.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from .error import CheckpointError

ALIGNMENT = 64  # bytes; so that numbers could be used where they lie, by mapping the file
LIMIT = 2**32 - 1  # of sizes and places; larger ones need an extension of the format, Zip64
MOST_RECORDS = 2**16 - 1
FOLDER = "archive"  # all names begin with it

# Signatures, and what follows them. Unnamed fields are versions, attributes and disk numbers.
LOCAL, LOCAL_FIELDS = b"PK\x03\x04", struct.Struct("<4x2xHHHHIIIHH")
DESCRIPTOR, DESCRIPTOR_FIELDS = b"PK\x07\x08", struct.Struct("<4xIII")
ENTRY, ENTRY_FIELDS = b"PK\x01\x02", struct.Struct("<4x2x2xHHHHIIIHHH2x2x4xI")
END, END_FIELDS = b"PK\x05\x06", struct.Struct("<4x2x2xHHIIH")
# PyTorch writes the end in the long form, too, in front of it, and does not need it.
ZIP64_END, ZIP64_END_SIZE = b"PK\x06\x06", 76

UTF8_NAME, HAS_DESCRIPTOR, ENCRYPTED = 1 << 11, 1 << 3, 1 << 0
STORED = 0  # the method of compression: none
FIRST_OF_JANUARY_1980 = 0x21  # so that equal objects make equal files


class Record(NamedTuple):
    """Where the content of a record lies, and its checksum."""

    start: int
    size: int
    checksum: int


def write_archive(records: Iterable[tuple[str, bytes | memoryview]]) -> bytearray:
    """An archive of records, given by name and content.

    Raises
    ------
    NotImplementedError
        If it has more than 65535 records or 4 GiB.
    """
    out, directory, count = bytearray(), bytearray(), 0
    for name, content in records:
        encoded = f"{FOLDER}/{name}".encode()
        header, size, checksum = len(out), len(content), zlib.crc32(content)
        if header + size + ALIGNMENT + LOCAL_FIELDS.size > LIMIT or count == MOST_RECORDS:
            raise NotImplementedError(
                f"archives of more than 4 GiB or {MOST_RECORDS} tensors (Zip64) cannot be written"
            )
        extra = padding(header + LOCAL_FIELDS.size + len(encoded))
        flags = UTF8_NAME | (HAS_DESCRIPTOR if size else 0)
        date = (0, FIRST_OF_JANUARY_1980)
        out += with_signature(
            LOCAL, LOCAL_FIELDS, flags, STORED, *date, 0, 0, 0, len(encoded), len(extra)
        )
        out += encoded + extra
        out += content
        if size:
            out += with_signature(DESCRIPTOR, DESCRIPTOR_FIELDS, checksum, size, size)
        directory += with_signature(
            ENTRY,
            ENTRY_FIELDS,
            flags,
            STORED,
            *date,
            checksum,
            size,
            size,
            len(encoded),
            0,
            0,
            header,
        )
        directory += encoded
        count += 1
    end = with_signature(END, END_FIELDS, count, count, len(directory), len(out), 0)
    return out + directory + end


def with_signature(signature: bytes, fields: struct.Struct, *values: int) -> bytes:
    """The fields as bytes, beginning with their signature."""
    return signature + fields.pack(*values)[len(signature) :]


def padding(position: int) -> bytes:
    """An extra field, to stand at `position`, after which the content is aligned."""
    length = -(position + 4) % ALIGNMENT
    return b"FB" + struct.pack("<H", length) + b"Z" * length


class Archive:
    """The records of an archive by their names, without the folder in front.

    Parameters
    ----------
    content : bytes
        The whole file.

    Raises
    ------
    CheckpointError
        If it is damaged, or records are compressed, encrypted, or named like paths.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.records: dict[str, Record] = {}
        end = content.rfind(END)
        count, size, start = self._end_fields(end)
        place = start
        folder = None
        for _ in range(count):
            name, record, place = self._entry(place, end)
            front, _, rest = name.partition("/")
            folder = front if folder is None else folder
            if front != folder or {"", ".", ".."} & set(name.split("/")) or "\\" in name:
                raise CheckpointError(
                    f"the record {name!r} is not in the one folder of the archive"
                )
            if rest in self.records:
                raise CheckpointError(f"there are two records named {name!r}")
            self.records[rest] = record
        if place != start + size or sum(r.size for r in self.records.values()) > start:
            raise CheckpointError("the directory of the archive is damaged")

    def _end_fields(self, end: int) -> tuple[int, int, int]:
        if end < 0 or len(self.content) < end + END_FIELDS.size:
            raise CheckpointError("the file is cut off: its directory is missing")
        _, count, size, start, comment = END_FIELDS.unpack_from(self.content, end)
        if LIMIT in (size, start) or count == MOST_RECORDS:
            raise CheckpointError("archives of more than 4 GiB (Zip64) cannot be read")
        directory_end = end
        if self.content.startswith(ZIP64_END, end - ZIP64_END_SIZE):
            directory_end -= ZIP64_END_SIZE
        if start + size != directory_end or end + END_FIELDS.size + comment != len(self.content):
            raise CheckpointError("the end of the archive is damaged")
        return count, size, start

    def _entry(self, place: int, end: int) -> tuple[str, Record, int]:
        """A line of the directory: the record's name, the record, and where the next line is."""
        after = place + ENTRY_FIELDS.size
        if after > end or not self.content.startswith(ENTRY, place):
            raise CheckpointError("the directory of the archive is damaged")
        fields = ENTRY_FIELDS.unpack_from(self.content, place)
        flags, method, _, _, checksum, packed, size, name_length, extra, comment, header = fields
        name = self._name(after, name_length)
        if flags & ENCRYPTED or method != STORED or packed != size:
            raise CheckpointError(f"the record {name!r} is compressed or encrypted")
        start = self._start(header, name)
        if start + size > end:
            raise CheckpointError(f"the record {name!r} reaches beyond the end of the file")
        return name, Record(start, size, checksum), after + name_length + extra + comment

    def _start(self, header: int, name: str) -> int:
        """Where the content of the record whose header is there begins."""
        after = header + LOCAL_FIELDS.size
        if after > len(self.content) or not self.content.startswith(LOCAL, header):
            raise CheckpointError(f"the record {name!r} is not where the directory says")
        *_, name_length, extra = LOCAL_FIELDS.unpack_from(self.content, header)
        if self._name(after, name_length) != name:
            raise CheckpointError(f"the record {name!r} has another name at its place")
        return int(after + name_length + extra)

    def _name(self, place: int, length: int) -> str:
        try:
            return self.content[place : place + length].decode()
        except UnicodeDecodeError as error:
            raise CheckpointError("the name of a record is damaged") from error

    def __contains__(self, name: str) -> bool:
        return name in self.records

    def read(self, name: str) -> memoryview:
        """The content of a record.

        Raises
        ------
        CheckpointError
            If there is none of this name, or its checksum is wrong.
        """
        if name not in self.records:
            raise CheckpointError(f"the record {name!r} is missing")
        start, size, checksum = self.records[name]
        content = memoryview(self.content)[start : start + size]
        if zlib.crc32(content) != checksum:
            raise CheckpointError(f"the record {name!r} is damaged: its checksum is wrong")
        return content
