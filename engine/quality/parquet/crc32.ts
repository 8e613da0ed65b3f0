import * as zlib from 'node:zlib';

/** CRC32 of bytes, as gzip has it; by Node itself from 20.15 on. */
export const crc32 = (zlib as { crc32?: (bytes: Uint8Array) => number }).crc32 ?? byTable;

let table: Int32Array | undefined;

function byTable(bytes: Uint8Array): number {
  table ??= Int32Array.from({ length: 256 }, (_, byte) => {
    for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
    return byte;
  });
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255]!;
  return ~crc >>> 0;
}
