/** Least and greatest value of `stride` 32-bit words. */
export function wideRange(stride: number, unsigned: boolean): { least: bigint; greatest: bigint } {
  const bits = BigInt(stride * 32);
  return unsigned
    ? { least: 0n, greatest: (1n << bits) - 1n }
    : { least: -(1n << (bits - 1n)), greatest: (1n << (bits - 1n)) - 1n };
}

/** Splits an integer into `stride` little-endian 32-bit words in two’s complement. */
export function packWide(value: bigint, stride: number): Int32Array {
  return Int32Array.from({ length: stride }, (_, i) => Number(BigInt.asIntN(32, value >> BigInt(32 * i))));
}

/** The integer whose words start at `at`. */
export function unpackWide(words: Int32Array, at: number, stride: number, unsigned: boolean): bigint {
  let value = 0n;
  for (let i = stride - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[at + i]! >>> 0);
  return unsigned ? value : BigInt.asIntN(stride * 32, value);
}
