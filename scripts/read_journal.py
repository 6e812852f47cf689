#!/usr/bin/env python3
"""A stranger's reader of a LogLine journal, written from docs/formats/journal.md alone.

  read_journal.py STORE [--from N] [--key site.pub] [--quiet]
      prints the records of a stopped node's partition as JSON lines and checks every checksum, the hash chain, the Merkle
      tree and each signed head; the last line, on stderr, is {"gseq":…,"chain":…,"root":…,"checkpoints":…}
  read_journal.py --proof FILE --key site.pub
      checks what `logline journal prove` printed, without any journal, and prints the record

Needs python3, librocksdb7.8 and libzstd1 (a proof needs neither library), and openssl to check signatures.
Exit status: 0 all checks hold, 2 bad usage, 4 something does not hold (named on stderr with its gseq).
"""
import argparse
import base64
import ctypes
import hashlib
import json
import math
import struct
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from uuid import UUID


class broken(Exception):
    """A check that does not hold."""


def check(holds, where, what):
    if not holds:
        raise broken(f"gseq {where}: {what}" if isinstance(where, int) else f"{where}: {what}")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


CRC_TABLE = list(range(256))
for _ in range(8):
    CRC_TABLE = [n >> 1 ^ (0x82F63B78 if n & 1 else 0) for n in CRC_TABLE]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


SIMPLE = {0xC0: None, 0xC2: False, 0xC3: True}
NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i",
           0xD3: ">q"}
SIZES = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I", 0xDE: ">H",
         0xDF: ">I"}


class msgpack:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        check(self.at + size <= len(self.data), "msgpack", "a value ends too early")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, code):
        return struct.unpack(code, self.take(struct.calcsize(code)))[0]

    def value(self):
        tag = self.take(1)[0]
        if tag <= 0x7F or tag >= 0xE0:
            return tag if tag <= 0x7F else tag - 256
        if tag in SIMPLE:
            return SIMPLE[tag]
        if tag in NUMBERS:
            return self.number(NUMBERS[tag])
        check(tag <= 0xBF or tag in SIZES, "msgpack", f"tag {tag:#x}")
        size = self.number(SIZES[tag]) if tag > 0xBF else tag & (31 if tag >= 0xA0 else 15)
        if tag <= 0x8F or tag >= 0xDE:
            return {self.value(): self.value() for _ in range(size)}
        if tag <= 0x9F or tag >= 0xDC:
            return [self.value() for _ in range(size)]
        return self.take(size) if 0xC4 <= tag <= 0xC6 else self.take(size).decode()


def unpack(data):
    reader = msgpack(data)
    value = reader.value()
    check(reader.at == len(data), "msgpack", "bytes after a value")
    return value


def shown(value):
    if isinstance(value, bytes):
        return {"$b64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: shown(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shown(element) for element in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def rfc3339(us):
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record(data):
    f = unpack(data)
    command_id = f[16] or f[7]
    ids = {"event_id": f[7], "command_id": command_id, "correlation_id": f[17] or command_id, "causation_id": f[18]}
    return {
        "gseq": f[2], "eseq": f[6], "tenant": f[3], "type": f[4], "key": f[5], "event": f[8], "version": f[9],
        "at": rfc3339(f[10]), "decided_at": rfc3339(f[10] - f[11]), "site": f"{f[12]}.{f[13]}", "principal": f[15],
        **{name: raw and str(UUID(bytes=raw)) for name, raw in ids.items()},
        "trace_id": f[19], "idempotency_key": f[21] and f[21][0],
        "timeline": f[22] and dict(zip(("stream", "site", "n", "lamport", "vc"), shown(f[22]))),
        "payload": shown(unpack(f[26])),
    }, f[10]


HEADER = struct.Struct("<4sIHHBxxxQIII4xQQqq32s32s")


def frame(key, value, zstd):
    """first gseq, last gseq of the commit, chain before, chain after, records"""
    partition, first = struct.unpack(">HQ", key)
    check(len(value) >= HEADER.size, first, "short_read")
    (magic, crc, version, of, packing, gseq, count, plain, stored, _, commit_last, _, _, chain_before,
     chain_after) = HEADER.unpack_from(value)
    check(magic == b"LLF1", first, "bad_magic")
    check(crc32c(value[:4] + value[8:]) == crc, first, "checksum_mismatch")
    check(version == 1, first, f"unknown_format: {version}")
    body = value[HEADER.size:]
    check((of, gseq, stored) == (partition, first, len(body)), first, "bad_encoding: header does not fit key or size")
    if packing == 1:
        out = ctypes.create_string_buffer(plain)
        check(zstd.ZSTD_decompress(out, ctypes.c_size_t(plain), body, ctypes.c_size_t(stored)) == plain, first,
              "bad_encoding: zstd")
        body = out.raw
    records = []
    while body:
        size, = struct.unpack_from("<I", body)
        check(size + 4 <= len(body), first + len(records), "bad_encoding: record length")
        records.append(body[4:4 + size])
        body = body[4 + size:]
    check(len(records) == count, first, "bad_encoding: record count")
    return first, commit_last, chain_before, chain_after, records


def grow(peaks, index, leaf):
    """RFC 9162: adds leaf number `index` to the roots of the complete subtrees, largest first."""
    while index & 1:
        leaf = sha256(b"\x01", peaks.pop(), leaf)
        index >>= 1
    peaks.append(leaf)


def root_of(peaks):
    root = peaks[-1] if peaks else sha256()
    for peak in peaks[-2::-1]:
        root = sha256(b"\x01", peak, root)
    return root


def signed_head(text, key_file):
    """Parses a checkpoint; with a key file, that key must have signed it."""
    body, _, signatures = text.rpartition("\n\n")
    origin, size, root, chain, time = body.splitlines()
    chain = base64.b64decode(chain.removeprefix("chain "))
    head = (int(size), base64.b64decode(root), chain, time.removeprefix("time "))
    if key_file is None:
        return head
    with open(key_file, encoding="ascii") as pem:
        raw_key = base64.b64decode("".join(pem.read().splitlines()[1:-1]))[-32:]
    for line in signatures.splitlines():
        _, name, signature = line.split(" ")
        signature = base64.b64decode(signature)
        if name != origin or signature[:4] != sha256(origin.encode(), b"\n\x01", raw_key)[:4]:
            continue
        with tempfile.NamedTemporaryFile() as message, tempfile.NamedTemporaryFile() as detached:
            for file, content in ((message, (body + "\n").encode()), (detached, signature[4:])):
                file.write(content)
                file.flush()
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key_file, "-rawin", "-in", message.name]
            done = subprocess.run([*command, "-sigfile", detached.name], capture_output=True, check=False)
        check(done.returncode == 0, head[0], "bad_signature")
        return head
    raise broken(f"gseq {size}: bad_signature: none by this key")


def proven_record(proof, key_file):
    gseq, data = proof["gseq"], base64.b64decode(proof["record"])
    node, fn, sn = sha256(b"\x00", data), gseq - 1, proof["tree_size"] - 1
    for sibling in map(bytes.fromhex, proof["path"]):
        check(sn > 0, gseq, "the path is too long")
        if fn & 1 or fn == sn:
            node = sha256(b"\x01", sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = sha256(b"\x01", node, sibling)
        fn, sn = fn >> 1, sn >> 1
    size, root, _, _ = signed_head(proof["checkpoint"], key_file)
    check(sn == 0 and node == root and size == proof["tree_size"], gseq, "not in the signed tree")
    check(record(data)[0]["gseq"] == gseq, gseq, "another record")
    return record(data)[0]


class store:
    def __init__(self, directory):
        c = self.c = ctypes.CDLL("librocksdb.so.7.8")
        for name in ("options_create", "readoptions_create", "list_column_families",
                     "open_for_read_only_column_families", "create_iterator_cf", "iter_key", "iter_value"):
            getattr(c, "rocksdb_" + name).restype = ctypes.c_void_p
        path, failed, size = directory.encode(), ctypes.c_char_p(), ctypes.c_size_t()
        options = ctypes.c_void_p(c.rocksdb_options_create())
        listed = c.rocksdb_list_column_families(options, path, ctypes.byref(size), ctypes.byref(failed))
        check(not failed.value, "RocksDB", failed.value)
        count, pointers = size.value, ctypes.c_void_p * size.value
        names, handles = ctypes.cast(listed, ctypes.POINTER(ctypes.c_char_p))[:count], pointers()
        self.db = ctypes.c_void_p(c.rocksdb_open_for_read_only_column_families(
            options, path, count, (ctypes.c_char_p * count)(*names), pointers(*[options] * count), handles, 0,
            ctypes.byref(failed)))
        check(not failed.value, "RocksDB", failed.value)
        self.families = dict(zip(names, handles))

    def rows(self, family):
        c, size, failed = self.c, ctypes.c_size_t(), ctypes.c_char_p()
        rows = ctypes.c_void_p(c.rocksdb_create_iterator_cf(
            self.db, ctypes.c_void_p(c.rocksdb_readoptions_create()), ctypes.c_void_p(self.families[family])))
        c.rocksdb_iter_seek_to_first(rows)
        while c.rocksdb_iter_valid(rows):
            key = ctypes.string_at(c.rocksdb_iter_key(rows, ctypes.byref(size)), size.value)
            yield key, ctypes.string_at(c.rocksdb_iter_value(rows, ctypes.byref(size)), size.value)
            c.rocksdb_iter_next(rows)
        c.rocksdb_iter_get_error(rows, ctypes.byref(failed))
        check(not failed.value, "RocksDB", failed.value)


def read(directory, key_file, show):
    rows, zstd = store(directory), ctypes.CDLL("libzstd.so.1")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    heads = {struct.unpack(">Q", key)[0]: value.decode() for key, value in rows.rows(b"checkpoints")}
    gseq, commit_last, chain, peaks, last_at, checked = 0, 0, bytes(32), [], 0, 0
    for key, value in rows.rows(b"log"):
        first, commit_last, chain_before, chain_after, records = frame(key, value, zstd)
        check(first == gseq + 1, gseq + 1, f"position_gap: the next frame begins at {first}")
        check(chain == chain_before, first, "chain_broken")
        for data in records:
            leaf = sha256(b"\x00", data)
            chain = sha256(chain, leaf)
            grow(peaks, gseq, leaf)
            gseq += 1
            fields, at = record(data)
            check(fields["gseq"] == gseq and at >= last_at, gseq, "bad_encoding: position or time")
            last_at = at
            if gseq in heads:
                head = signed_head(heads.pop(gseq), key_file)
                check(head == (gseq, root_of(peaks), chain, fields["at"]), gseq, "checkpoint_mismatch")
                checked += 1
            show(fields)
        check(chain == chain_after, first, "chain_broken: not within the frame")
    check(commit_last == gseq, gseq + 1, "incomplete_commit")
    check(not heads, gseq + 1, f"acknowledged_lost: signed heads at {sorted(heads)}")
    return {"gseq": gseq, "chain": chain.hex(), "root": root_of(peaks).hex(), "checkpoints": checked}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", nargs="?", help="the partition's directory: the one that holds CURRENT")
    parser.add_argument("--from", dest="first", type=int, default=1, metavar="N", help="print records from gseq N on")
    parser.add_argument("--key", metavar="site.pub", help="whose signatures count; without it they are not looked at")
    parser.add_argument("--proof", metavar="FILE", help="check a proof instead of a journal")
    parser.add_argument("--quiet", action="store_true", help="check only")
    given = parser.parse_args()
    if (given.store is None) == (given.proof is None) or (given.proof and not given.key):
        parser.error("give a STORE, or --proof FILE and --key site.pub")

    def show(fields):
        if not given.quiet and fields["gseq"] >= given.first:
            print(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))

    try:
        if given.proof:
            with open(given.proof, encoding="utf-8") as file:
                show(proven_record(json.load(file), given.key))
        else:
            print(json.dumps(read(given.store, given.key, show)), file=sys.stderr)
    except broken as what:
        print(f"read_journal: {what}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
