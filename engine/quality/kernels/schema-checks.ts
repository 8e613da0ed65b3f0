import { hint } from '../../../schemas/nearest.js';
import type { Problem } from '../../../schemas/problems.js';
import { familyOf, isOfType, typeNameProblem, type Field } from '../column-kind.js';
import type { CheckState, SchemaState } from '../states.js';
import type { Batch, CheckDefinition, CheckOf, Finding, GroupFacts, Kernel } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';

/** The columns of the file, and the number of nulls in some of them. */
class SchemaKernel implements Kernel {
  private readonly nulls: Record<string, number>;

  constructor(
    private readonly fields: readonly Field[],
    private readonly counted: readonly string[] = [],
  ) {
    this.nulls = Object.fromEntries(counted.map((column) => [column, 0]));
  }

  update(batch: Batch): void {
    for (const column of this.counted) this.nulls[column]! += batch.column(column).nullCount;
  }

  updateFromFacts(facts: GroupFacts): boolean {
    const counts = this.counted.map((column) => facts.nullCount(column));
    if (counts.includes(undefined)) return false;
    this.counted.forEach((column, i) => (this.nulls[column]! += counts[i]!));
    return true;
  }

  state(): CheckState {
    const schema = this.fields.map(({ name, kind, nullable }) => ({
      name,
      type: kind.name,
      family: familyOf(kind),
      nullable,
    }));
    return { kind: 'schema', schemas: [schema], nulls: { ...this.nulls } };
  }
}

type Schema = SchemaState['schemas'][number];

const fromSchema = {
  reads: () => [],
  share: () => 'schema',
  start: (_check: unknown, _kinds: unknown, { fields }: { fields: readonly Field[] }) => new SchemaKernel(fields),
};

/** The outcome from what is wrong with each of the files’ schemas. */
function judgeSchemas(state: CheckState, problemsOf: (schema: Schema) => string[], observed?: string): Finding {
  const { schemas } = state as SchemaState;
  const problems = [...new Set(schemas.flatMap(problemsOf))];
  const shown = problems.slice(0, 10).join('; ');
  return {
    passed: problems.length === 0,
    observed: problems.length === 0 ? (observed ?? 'as expected') : shown,
    failing: 0,
    total: 0,
    examples: [],
  };
}

export const columnExists: CheckDefinition<CheckOf<'column_exists'>> = {
  ...fromSchema,
  columns: (check) => [check.column],
  threshold: () => 'exists',
  judge: (state, check) => judgeSchemas(state, (schema) => missingColumns([check.column], schema), 'exists'),
};

/** A column that is not there makes the check an error: there is no type to be judged. */
export const columnType: CheckDefinition<CheckOf<'column_type'>> = {
  ...fromSchema,
  columns: (check) => [check.column],
  problems: (check) => typeProblems('dataType', check.dataType),
  threshold: (check) => `is of type ${check.dataType}`,
  judge(state, check) {
    const { schemas } = state as SchemaState;
    const types = new Set<string>();
    for (const schema of schemas) {
      const found = schema.find(({ name }) => name === check.column);
      if (found === undefined) return { failed: missingColumns([check.column], schema)[0]! };
      types.add(found.type);
    }
    return judgeSchemas(
      state,
      (schema) => wrongTypes([{ name: check.column, dataType: check.dataType }], schema),
      [...types].join(', '),
    );
  },
};

export const schemaMatch: CheckDefinition<CheckOf<'schema_match'>> = {
  ...fromSchema,
  columns: () => [],
  problems: ({ columns }) =>
    columns.flatMap((column, i) =>
      typeof column === 'string' ? [] : typeProblems(`columns[${i}].dataType`, column.dataType),
    ),
  threshold(check) {
    const names = check.columns.map((column) => (typeof column === 'string' ? column : column.name));
    const rules = [check.ordered ? 'in this order' : '', check.allowExtra ? 'others allowed' : ''].filter(Boolean);
    return `columns ${names.join(', ')}${rules.map((rule) => `, ${rule}`).join('')}`;
  },
  judge(state, check) {
    const expected = check.columns.map((column) => (typeof column === 'string' ? { name: column } : column));
    const names = expected.map(({ name }) => name);
    return judgeSchemas(state, (schema) => {
      const there = schema.map(({ name }) => name);
      const missing = missingColumns(names, schema);
      const extra = check.allowExtra
        ? []
        : there.filter((name) => !names.includes(name)).map((name) => `${name} is extra`);
      const known = there.filter((name) => names.includes(name));
      const wanted = names.filter((name) => there.includes(name));
      const order = check.ordered && known.join('\0') !== wanted.join('\0') ? [`the order is ${known.join(', ')}`] : [];
      return [...missing, ...extra, ...wrongTypes(expected, schema), ...order];
    });
  },
};

export const columnCount: CheckDefinition<CheckOf<'column_count'>> = {
  ...fromSchema,
  columns: () => [],
  problems: limitsProblems,
  threshold: (check) => `${limitsWords(check)} columns`,
  judge(state, check) {
    const counts = (state as SchemaState).schemas.map((schema) => schema.length);
    const outcomes = counts.map((count) => withinLimits(count, check));
    const worst =
      counts[
        Math.max(
          0,
          outcomes.findIndex(({ passed }) => !passed),
        )
      ] ?? 0;
    return {
      passed: outcomes.every(({ passed }) => passed),
      calm: outcomes.every(({ calm }) => calm),
      observed: worst,
      failing: 0,
      total: 0,
      examples: [],
    };
  },
};

export const nullabilityMatch: CheckDefinition<CheckOf<'nullability_match'>> = {
  columns: (check) => check.columns,
  start: (check, _, { fields }) => new SchemaKernel(fields, check.columns),
  threshold: (check) => (check.nullable ? 'may hold nulls' : 'hold no nulls'),
  judge(state, check) {
    const { nulls } = state as SchemaState;
    return judgeSchemas(state, (schema) =>
      check.columns.flatMap((column) => {
        const declared = schema.find(({ name }) => name === column)?.nullable ?? false;
        if (check.nullable) return declared ? [] : [`${column} is declared without nulls`];
        return declared && nulls[column]! > 0 ? [`${column} has ${nulls[column]} nulls`] : [];
      }),
    );
  },
};

/** Against the columns of the newest earlier version; without one the check is skipped. */
export const schemaChange: CheckDefinition<CheckOf<'schema_change'>> = {
  ...fromSchema,
  columns: () => [],
  threshold: (check) => `no change but ${check.allow.length === 0 ? 'none' : check.allow.join(', ')}`,
  judge(state, check, { history }) {
    const last = history.at(-1)?.profile;
    if (last === undefined) return { skipped: 'there is no earlier version' };
    const allowed = new Set<string>(check.allow);
    const before = new Map(last.columns.map(({ name, type }) => [name, type]));
    return judgeSchemas(state, (schema) => {
      const now = new Map(schema.map(({ name, type }) => [name, type]));
      const both = [...now.keys()].filter((name) => before.has(name));
      const order = [...before.keys()].filter((name) => now.has(name));
      return [
        ...(allowed.has('added')
          ? []
          : [...now.keys()].filter((name) => !before.has(name)).map((name) => `${name} was added`)),
        ...(allowed.has('removed')
          ? []
          : [...before.keys()].filter((name) => !now.has(name)).map((name) => `${name} was removed`)),
        ...(allowed.has('type')
          ? []
          : both
              .filter((name) => now.get(name) !== before.get(name))
              .map((name) => `${name} was ${before.get(name)} and is ${now.get(name)}`)),
        ...(allowed.has('order') || both.join('\0') === order.join('\0') ? [] : [`the order is ${both.join(', ')}`]),
      ];
    });
  },
};

function typeProblems(path: string, dataType: string | undefined): Problem[] {
  const message = dataType === undefined ? undefined : typeNameProblem(dataType);
  return message === undefined ? [] : [{ path, message }];
}

function missingColumns(names: readonly string[], schema: Schema): string[] {
  const there = schema.map(({ name }) => name);
  return names
    .filter((name) => !there.includes(name))
    .map((name) => `there is no column "${name}"${hint(name, there)}`);
}

function wrongTypes(expected: readonly { name: string; dataType?: string | undefined }[], schema: Schema): string[] {
  return expected.flatMap(({ name, dataType }) => {
    const found = schema.find((column) => column.name === name);
    if (found === undefined || dataType === undefined || isOfType(found, dataType)) return [];
    return [`${name} is of type ${found.type}, not ${dataType}`];
  });
}
