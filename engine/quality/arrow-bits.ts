/** Writes bits `offset` to `offset + length` as a 0 or 1 each. */
export function expandBits(bits: Uint8Array, offset: number, length: number, into: Uint8Array | Float64Array): void {
  for (let i = 0, bit = offset; i < length; i++, bit++) into[i] = (bits[bit >> 3]! >> (bit & 7)) & 1;
}
