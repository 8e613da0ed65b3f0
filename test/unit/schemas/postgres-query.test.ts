import { postgresStatements, sourceSchema } from '../../../schemas/index.js';

const cases: [string, string[]][] = [
  ['SELECT 1', ['SELECT 1']],
  ['SELECT 1;', ['SELECT 1']],
  ['SELECT 1; -- note', ['SELECT 1']],
  ['-- before\n/* and */ SELECT 1 -- after\n;; /* at ; the /* very */ end */ ;', ['SELECT 1']],
  ['SELECT 1 -- a; b\n, 2 /* c; d */, 3', ['SELECT 1 -- a; b\n, 2 /* c; d */, 3']],
  [
    "SELECT '; -- it''s', E'\\'; --', \"a;b\"\"--\" FROM t; -- x",
    ["SELECT '; -- it''s', E'\\'; --', \"a;b\"\"--\" FROM t"],
  ],
  ['SELECT $$; --$$, $a$ $$;$b$ $a$, $1;', ['SELECT $$; --$$, $a$ $$;$b$ $a$, $1']],
  ["SELECT a$b, 'x' ; SELECT c$b", ["SELECT a$b, 'x'", 'SELECT c$b']],
  ["SELECT 'a\\'; SELECT 'b'", ["SELECT 'a\\'", "SELECT 'b'"]],
  [' ; -- nothing\n /* at all */', []],
  ["SELECT 'not closed ; --", ["SELECT 'not closed ; --"]],
  ['SELECT 1 /* not closed ;', ['SELECT 1']],
];

it.each(cases)('finds the statements of %j', (sql, statements) => {
  expect(postgresStatements(sql)).toEqual(statements);
});

it('refuses a query of none or several statements by its path', () => {
  const refusal = (query: string) =>
    sourceSchema.safeParse({ kind: 'postgres', connection: 'secret:db', query }).error?.issues;
  expect(refusal('SELECT 1; -- one')).toBeUndefined();
  expect(refusal('SELECT 1; DELETE FROM t')).toMatchObject([
    { path: ['query'], message: 'must be one statement and has 2, divided by semicolons' },
  ]);
  expect(refusal('-- later')).toMatchObject([{ path: ['query'], message: 'must be one statement and has none' }]);
});
