import { emptyChunk, type ColumnChunk } from './column-chunk.js';
import type { ColumnKind, Domain } from './column-kind.js';
import { Misfit } from './literals.js';
import { packWide, unpackWide, wideRange } from './wide.js';

/** Columns laid out as those of a reference are. */
interface Laid {
  chunks: readonly ColumnChunk[];
  /** A byte a row, 1 where a value is none that the reference could have; null where there is no such row. */
  foreign: Uint8Array | null;
}

type Layer = (chunk: ColumnChunk) => { chunk: ColumnChunk; foreign: Uint8Array | null };

const NUMBERS = new Set<Domain>(['number', 'integer', 'decimal']);
const TIMES = new Set<Domain>(['instant', 'date', 'time']);

/**
 * Lays values out as a reference has them, so that equal values have equal bytes: integers of other widths and signs, decimals of
 * other scales, times of other units. Only what is exactly equal is; floats and decimals, which hardly ever are, are not compared.
 */
export class ComparableColumns {
  /** Words a value of each column, as it is laid out. */
  readonly strides: readonly number[];
  private readonly layers: readonly (Layer | null)[];

  /** @throws Misfit where values of a column and of the reference’s are of types that cannot be compared */
  constructor(kinds: readonly ColumnKind[], reference: readonly ColumnKind[]) {
    if (kinds.length !== reference.length || !kinds.every((kind, i) => isComparable(kind, reference[i]!))) {
      const [own, other] = [kinds, reference].map((all) => all.map(({ name }) => name).join(', '));
      throw new Misfit(`the columns are of types ${own}, those of the reference ${other}: cast one of them`);
    }
    this.strides = reference.map(({ stride }) => stride);
    this.layers = kinds.map((kind, i) => (hasSameLayout(kind, reference[i]!) ? null : layer(kind, reference[i]!)));
  }

  layOut(chunks: readonly ColumnChunk[]): Laid {
    let foreign: Uint8Array | null = null;
    const laid = chunks.map((chunk, i) => {
      const other = this.layers[i]?.(chunk);
      if (other?.foreign)
        foreign = foreign === null ? other.foreign : foreign.map((is, row) => is | other.foreign![row]!);
      return other?.chunk ?? chunk;
    });
    return { chunks: laid, foreign };
  }
}

function isComparable(a: ColumnKind, b: ColumnKind): boolean {
  if (NUMBERS.has(a.domain) && NUMBERS.has(b.domain)) {
    return !((a.floating && b.domain === 'decimal') || (b.floating && a.domain === 'decimal'));
  }
  return a.domain === b.domain && (TIMES.has(a.domain) || hasSameLayout(a, b));
}

function hasSameLayout(a: ColumnKind, b: ColumnKind): boolean {
  if (a.layout !== b.layout || a.unitNs !== b.unitNs) return false;
  return a.layout !== 'wide' || (a.stride === b.stride && a.scale === b.scale && a.unsigned === b.unsigned);
}

/** Lays out chunks of one column; the distinct values of a dictionary once. */
function layer(from: ColumnKind, to: ColumnKind): Layer {
  const lay = plainLayer(from, to);
  let known: { entries: ColumnChunk; length: number; laid: ReturnType<Layer> } | undefined;
  return (chunk) => {
    if (chunk.layout !== 'codes') return lay(chunk);
    const entries = chunk.entries!;
    if (known?.entries !== entries || known.length !== entries.length) {
      known = { entries, length: entries.length, laid: lay(entries) };
    }
    const { laid } = known;
    const isForeign = laid.foreign;
    const foreign = isForeign && Uint8Array.from({ length: chunk.length }, (_, row) => isForeign[chunk.codes[row]!]!);
    return { chunk: { ...chunk, entries: laid.chunk, rowsOfEntry: null, range: undefined }, foreign };
  };
}

function plainLayer(from: ColumnKind, to: ColumnKind): Layer {
  const digits = BigInt(to.scale - from.scale);
  const factor = from.unitNs * 10n ** (digits > 0n ? digits : 0n);
  const divisor = to.unitNs * 10n ** (digits < 0n ? -digits : 0n);
  const { least, greatest } = wideRange(to.stride, to.unsigned);
  return (chunk) => {
    const { length, valid } = chunk;
    const out = { ...emptyChunk(to.layout), length, nullCount: chunk.nullCount, valid };
    if (to.layout === 'number') out.numbers = new Float64Array(length);
    else out.words = new Int32Array(length * to.stride);
    let foreign: Uint8Array | null = null;
    for (let row = 0; row < length; row++) {
      if (valid?.[row] === 0) continue;
      const value = integerAt(chunk, row, from);
      const scaled = value === null ? null : value * factor;
      const isWhole = scaled !== null && scaled % divisor === 0n;
      const wanted = isWhole ? scaled / divisor : null;
      if (wanted !== null && to.layout === 'number' && BigInt((out.numbers[row] = Number(wanted))) === wanted) continue;
      if (wanted !== null && to.layout === 'wide' && wanted >= least && wanted <= greatest) {
        out.words.set(packWide(wanted, to.stride), row * to.stride);
        continue;
      }
      foreign ??= new Uint8Array(length);
      foreign[row] = 1;
    }
    return { chunk: out, foreign };
  };
}

/** The integer of a row, of a decimal all its digits; null for what is none. */
function integerAt(chunk: ColumnChunk, row: number, kind: ColumnKind): bigint | null {
  if (kind.layout === 'wide') return unpackWide(chunk.words, row * kind.stride, kind.stride, kind.unsigned);
  const value = chunk.numbers[row]!;
  return Number.isInteger(value) ? BigInt(value) : null;
}
