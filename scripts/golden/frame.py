#!/usr/bin/env python3
"""The frame of tests/golden/frame.txt, made without our C: struct and hashlib."""
import hashlib
import struct

PURPOSE = b"evh-frame".ljust(16, b"\0")


def digest(message):
    return hashlib.blake2b(message, digest_size=32, person=PURPOSE).digest()


def header(kind, body_len, field):
    return (struct.pack("<4sHBB", b"EVH1", 1, kind, 3)
            + bytes([0xC0] * 16) + bytes([0x5E] * 16)
            + bytes([0x01] * 32) + bytes([0x02] * 32) + bytes([0x03] * 32)
            + struct.pack("<QI", 0x1122334455667788, 7)
            + bytes([0x0A] * 16) + bytes([0x0B] * 16)
            + struct.pack("<QIIQ", 42, 0, 0, body_len) + field)


def main():
    body = bytes.fromhex("08031007")  # welcome: site 3 of 7
    frame = header(1, len(body), digest(header(1, len(body), bytes(32)) + body)) + body
    print("# what    a frame: welcome, phase 3, site 3 of 7; every field of its header a value of its own")
    print("# made    scripts/golden/frame.py: struct, and BLAKE2b of Python's hashlib")
    print("# compare every byte")
    for at in range(0, len(frame), 32):
        print(frame[at:at + 32].hex())


main()
