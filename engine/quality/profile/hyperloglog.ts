import { hashOf } from '../hash.js';

const INDEX_BITS = 12;
const REGISTERS = 1 << INDEX_BITS;

/** The standard error of an estimate, as a share. */
export const DISTINCT_ERROR = 1.04 / Math.sqrt(REGISTERS);

/** HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with 2^12 registers; a second hash gives the ranks, so it does not saturate. */
export class HyperLogLog {
  constructor(readonly registers: Uint8Array = new Uint8Array(REGISTERS)) {}

  static fromBase64(text: string): HyperLogLog {
    return new HyperLogLog(new Uint8Array(Buffer.from(text, 'base64')));
  }

  /** Takes in a key. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.addHashes(hashOf(bytes, start, end), hashOf(bytes, start, end, 0x9747b28c));
  }

  /** Takes in a key by two independent hashes of 32 bits. */
  addHashes(index: number, ranks: number): void {
    const register = index >>> (32 - INDEX_BITS);
    const rank = Math.clz32(ranks) + 1;
    if (rank > this.registers[register]!) this.registers[register] = rank;
  }

  /** Takes in what another sketch has seen. */
  merge(registers: Uint8Array): void {
    for (let i = 0; i < REGISTERS; i++) if (registers[i]! > this.registers[i]!) this.registers[i] = registers[i]!;
  }

  /** The number of distinct keys, about; exact zero for none. */
  estimate(): number {
    let sum = 0;
    let empty = 0;
    for (const rank of this.registers) {
      sum += 2 ** -rank;
      empty += rank === 0 ? 1 : 0;
    }
    const estimate = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum;
    const useLinear = estimate <= 2.5 * REGISTERS && empty > 0;
    return Math.round(useLinear ? REGISTERS * Math.log(REGISTERS / empty) : estimate);
  }

  toBase64(): string {
    return Buffer.from(this.registers).toString('base64');
  }
}
