import { Int64, Table, Uint64, Utf8, vectorFromArray } from 'apache-arrow';
import { mergeStates } from '../../../engine/quality/merge-states';
import { resultsOf } from '../../../engine/quality/verdict';
import { evidenceOf, resultsOn, suiteOf } from './quality-fixtures';

const CLOCK = { now: new Date('2024-01-01T00:00:00Z') };

// Twelve rows: classes of four, whose values are 1..4, 11..14 and 21..24.
const LABEL = Array.from({ length: 12 }, (_, i) => ['a', 'b', 'c'][Math.floor(i / 4)]!);
const VALUE = LABEL.map((label, i) => ({ a: 0, b: 10, c: 20 })[label]! + (i % 4) + 1.5);

function tableOf(columns: Record<string, unknown[] | Int32Array | Float64Array>): Table {
  const vectors = Object.entries(columns).map(
    ([name, values]) => [name, vectorFromArray(values as unknown[])] as const,
  );
  return new Table(Object.fromEntries(vectors));
}

function strongest(columns: Parameters<typeof tableOf>[0], label: string, more = {}) {
  return resultsOn(suiteOf([{ type: 'target_leakage', label, ...more }]), tableOf(columns))[0]!;
}

describe('the association of a text with a number', () => {
  // Between the groups 800, within them 15: η² = 800/815, and ε² = 1 - 15/815 · 11/9.
  const expected = Math.sqrt(1 - ((15 / 815) * 11) / 9);

  test('is the correlation ratio, whichever of the two is the label', () => {
    const columns = { label: LABEL, value: Float64Array.from(VALUE) };
    expect(strongest(columns, 'label')).toMatchObject({ status: 'fail', total: 1, failing: 1 });
    expect(strongest(columns, 'label').observed).toBeCloseTo(expected, 12);
    expect(strongest(columns, 'value').observed).toBeCloseTo(expected, 12);
  });

  test('is that of the rows with a number: NaN and nulls are left out', () => {
    const value = Float64Array.from([...VALUE, NaN, Infinity]);
    const found = strongest({ label: [...LABEL, 'a', null], value }, 'label');
    expect(found.observed).toBeCloseTo(expected, 12);
  });

  test('is nothing where each text is met once', () => {
    const ids = VALUE.map((_, i) => `id ${i}`);
    expect(strongest({ ids, value: Float64Array.from(VALUE) }, 'value')).toMatchObject({ status: 'pass', observed: 0 });
  });

  test('is found for codes, whose order and size tell nothing', () => {
    const code = Int32Array.from({ length: 600 }, (_, i) => i % 6);
    const label = Array.from(code, (value) => (value % 2 === 0 ? 'a' : 'b'));
    expect(strongest({ label, code }, 'label').observed).toBeGreaterThan(0.99);
  });

  test('is the same from parts', () => {
    const suite = suiteOf([{ type: 'target_leakage', label: 'label' }]);
    const part = (from: number, to: number) =>
      evidenceOf(suite, tableOf({ label: LABEL.slice(from, to), value: Float64Array.from(VALUE.slice(from, to)) }));
    const [first, second, third] = [part(0, 3), part(3, 7), part(7, 12)];
    for (const order of [
      [first, second, third],
      [third, first, second],
    ]) {
      const state = order.map(({ states }) => states[0]!).reduce((a, b) => mergeStates(a, b));
      const [result] = resultsOf(suite, { ...first, states: [state] }, CLOCK);
      expect(result!.observed).toBeCloseTo(expected, 12);
    }
  });
});

describe('a feature without an association', () => {
  test('is named beside the others', () => {
    const columns = { label: LABEL, value: Float64Array.from(VALUE), one: Float64Array.from(VALUE, () => 5.5) };
    expect(strongest(columns, 'label').message).toBe(
      'value 0.989; not measured: one (it or the label has no two values)',
    );
  });

  test('is no association of 0 where there is no other: the check is skipped', () => {
    const one = Float64Array.from(VALUE, () => 5.5);
    expect(strongest({ label: LABEL, one }, 'label')).toMatchObject({ status: 'skip', observed: null });
    const columns = { label: LABEL, value: Float64Array.from(VALUE) };
    expect(strongest(columns, 'label', { where: 'value > 99' }).status).toBe('skip');
  });

  test('is an error where the check asks for it by name', () => {
    const when = LABEL.map((_, i) => new Date(1e12 + i));
    const columns = { label: LABEL, value: Float64Array.from(VALUE), when };
    expect(strongest(columns, 'label', { columns: ['value', 'when'] })).toMatchObject({
      status: 'error',
      message: 'when (Timestamp<MILLISECOND>) cannot be compared with the label (Dictionary<Int32, Utf8>)',
    });
  });
});

test('parts whose columns have other types are an error, not a crash or a wrong number', () => {
  const stateOf = (check: Parameters<typeof suiteOf>[0][number], table: Table) =>
    evidenceOf(suiteOf([check]), table).states[0]!;
  const signed = new Table({ key: vectorFromArray([-1n], new Int64()) });
  const unsigned = new Table({ key: vectorFromArray([18446744073709551615n], new Uint64()) });
  const unique = { type: 'unique', column: 'key' } as const;
  expect(mergeStates(stateOf(unique, signed), stateOf(unique, unsigned))).toMatchObject({
    kind: 'error',
    message: expect.stringContaining('unsigned') as string,
  });

  const leakage = { type: 'target_leakage', label: 'label' } as const;
  const label = vectorFromArray(['a', 'b'], new Utf8());
  const numbers = new Table({ label, x: vectorFromArray([1, 2]) });
  const texts = new Table({ label, x: vectorFromArray(['1', '2'], new Utf8()) });
  const merged = mergeStates(stateOf(leakage, numbers), stateOf(leakage, texts));
  expect(merged).toMatchObject({ kind: 'many', states: { x: { kind: 'error' } } });
});
