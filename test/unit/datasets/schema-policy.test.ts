import fc from 'fast-check';
import { refuseSchemaChange, schemaProblems } from '../../../engine/datasets/index.js';
import type { Column } from '../../../schemas/index.js';

const column = (text: string): Column => {
  const [name = '', type = '', not] = text.split(' ');
  return { name, type, nullable: not === undefined };
};
const columns = (...texts: string[]) => texts.map(column);
const BEFORE = columns('id BIGINT not-null', 'delay INTEGER');

describe('schemaProblems', () => {
  it.each([
    ['the same', BEFORE, [], []],
    ['a column that is gone', columns('id BIGINT not-null'), ['columns.delay'], ['columns.delay']],
    ['another type', columns('id BIGINT not-null', 'delay DOUBLE'), ['columns.delay'], ['columns.delay']],
    ['nulls where there were none', columns('id BIGINT', 'delay INTEGER'), ['columns.id'], ['columns.id']],
    ['no nulls where there were some', columns('id BIGINT not-null', 'delay INTEGER not-null'), [], []],
    [
      'another order',
      columns('delay INTEGER', 'id BIGINT not-null'),
      ['columns.id', 'columns.delay'],
      ['columns.id', 'columns.delay'],
    ],
    ['a further column', [...BEFORE, ...columns('gate VARCHAR')], ['columns.gate'], []],
    [
      'a further column without nulls',
      [...BEFORE, ...columns('gate VARCHAR not-null')],
      ['columns.gate'],
      ['columns.gate'],
    ],
    [
      'a further column in front',
      [...columns('gate VARCHAR'), ...BEFORE],
      ['columns.id', 'columns.delay', 'columns.gate'],
      ['columns.id', 'columns.delay'],
    ],
    [
      'another name',
      columns('id BIGINT not-null', 'late INTEGER'),
      ['columns.delay', 'columns.late'],
      ['columns.delay'],
    ],
  ])('%s', (_, now, exact, additive) => {
    expect(schemaProblems('exact', BEFORE, now).map(({ path }) => path)).toEqual(exact);
    expect(schemaProblems('additive', BEFORE, now).map(({ path }) => path)).toEqual(additive);
    expect(schemaProblems('any', BEFORE, now)).toEqual([]);
  });

  it('never allows under exact what it forbids under additive', () => {
    const some = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        type: fc.constantFrom('BIGINT', 'DATE'),
        nullable: fc.boolean(),
      }),
      { selector: ({ name }) => name },
    );
    fc.assert(
      fc.property(some, some, (before, now) => {
        const exact = schemaProblems('exact', before, now).length;
        expect(exact).toBeGreaterThanOrEqual(schemaProblems('additive', before, now).length);
        expect(schemaProblems('exact', before, before)).toEqual([]);
      }),
    );
  });

  it('is refused with every column by name', () => {
    const before = { columns: BEFORE, version: '0123456789abcdef0123456789abcdef', partition: '2001-01-01' };
    expect(() => refuseSchemaChange('exact', 'flights', before, columns('id BIGINT not-null', 'delay DOUBLE'))).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_CHANGED',
        message: 'flights, seen from 2001-01-01@0123456789ab (exact): delay is DOUBLE; it was INTEGER',
        problems: [{ path: 'columns.delay', message: 'is DOUBLE; it was INTEGER' }],
      }) as Error,
    );
  });
});
