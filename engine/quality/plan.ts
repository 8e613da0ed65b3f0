import type { Check, Suite } from '../../schemas/check.js';
import { MillraceError } from '../../schemas/errors.js';
import { hint } from '../../schemas/nearest.js';
import { KeyMemory, type KeyShare } from './key-limits.js';
import { kindOf, type ColumnKind, type Field } from './column-kind.js';
import { columnsOf, columnsOfText, compileCondition, parseExpression, type Condition } from './expression/index.js';
import { definitionOf, whereOf } from './kernels/index.js';
import type { Kernel, ReferenceFindings } from './kernels/kernel.js';
import { Misfit } from './literals.js';
import { UNIQUE_BUDGET_BYTES } from './merge-states.js';
import type { ErrorState } from './states.js';

/** A kernel that one check needs, or several. */
export interface PlannedKernel {
  /** Columns that it reads, those of its filter included. */
  readonly columns: readonly string[];
  /** The filter, which kernels of equal text share. */
  readonly where: string | undefined;
  start(): Kernel;
}

/** Memory that the keys of all checks take together in one thread, in bytes: about four million short keys. Others go to the disk. */
const SHARED_KEY_BYTES = 128 << 20;

/** How a suite runs over files of one schema. */
export interface Plan {
  readonly kinds: ReadonlyMap<string, ColumnKind>;
  /** Text columns whose distinct values are numbered, since a check judges each but once. */
  readonly indexedTexts: ReadonlySet<string>;
  /** Columns that are shown with failing rows. */
  readonly keyColumns: readonly string[];
  /** Columns whose values are never shown. */
  readonly piiColumns: ReadonlySet<string>;
  readonly kernels: readonly PlannedKernel[];
  readonly conditions: ReadonlyMap<string, Condition>;
  /** In the order of the suite: the number of the check’s kernel, or why the check cannot run. */
  readonly steps: readonly (ErrorState | number)[];
  /** Types of what each check reads, in the order of the suite. */
  readonly checkKinds: readonly (readonly ColumnKind[])[];
}

/**
 * Compiles a suite for a file’s columns. A check that they do not allow becomes an error of that check alone.
 * @param findings what is known of the checks’ references, in the order of the suite
 * @param keyShare the keys that are kept; by default all
 * @throws MillraceError SUITE_INVALID where a key column or a column with personal data is not in the file
 */
export function compilePlan(
  suite: Suite,
  fields: readonly Field[],
  findings: readonly (ReferenceFindings | undefined)[] = [],
  keyShare: KeyShare = { index: 0, of: 1 },
): Plan {
  const compiler = new Compiler(fields, keyShare);
  const compiled = suite.checks.map((check, i) => compiler.compile(check, findings[i]));
  refuseUnknownColumns(suite, fields);
  return {
    kinds: compiler.kinds,
    indexedTexts: compiler.indexedTexts,
    keyColumns: suite.keyColumns.filter((name) => !suite.piiColumns.includes(name)),
    piiColumns: new Set(suite.piiColumns),
    kernels: compiler.kernels,
    conditions: compiler.conditions,
    steps: compiled.map(({ step }) => step),
    checkKinds: compiled.map(({ kinds }) => kinds),
  };
}

interface Compiled {
  step: ErrorState | number;
  kinds: readonly ColumnKind[];
}

class Compiler {
  readonly kinds: Map<string, ColumnKind>;
  readonly indexedTexts = new Set<string>();
  readonly kernels: PlannedKernel[] = [];
  readonly conditions = new Map<string, Condition>();
  private readonly shared = new Map<string, number>();
  private readonly memory = new KeyMemory(SHARED_KEY_BYTES);
  private readonly twice: Set<string>;

  constructor(
    private readonly fields: readonly Field[],
    private readonly keyShare: KeyShare,
  ) {
    const names = fields.map(({ name }) => name);
    this.kinds = new Map(fields.map(({ name, kind }) => [name, kind]));
    const seen = new Set<string>();
    this.twice = new Set(names.filter((name) => seen.size === seen.add(name).size));
  }

  compile(check: Check, findings: ReferenceFindings | undefined): Compiled {
    const definition = definitionOf(check);
    const where = whereOf(check);
    const reads = definition.reads?.(check, this.fields) ?? definition.columns(check);
    const columns = [...new Set([...reads, ...(where === undefined ? [] : columnsOfText(where))])];
    const unusable = this.unusable(columns, `${where ?? ''} ${check.type === 'expression' ? check.expression : ''}`);
    if (unusable !== undefined) return { step: failure(unusable), kinds: [] };
    let kinds: readonly ColumnKind[] = reads.map((name) => this.kinds.get(name)!);
    // Keys that are filtered cannot be counted on disk, so they need not give way to others.
    const memory = where === undefined ? this.memory : new KeyMemory(UNIQUE_BUDGET_BYTES);
    const startWith = (types: readonly ColumnKind[]) =>
      definition.start(check, types, { fields: this.fields, findings, memory, keyShare: this.keyShare });
    try {
      kinds = fitting(kinds, startWith);
      if (where !== undefined) this.addCondition(where);
    } catch (error) {
      if (error instanceof Misfit) return { step: failure(error.message), kinds };
      throw error;
    }
    if (definition.indexTexts) for (const name of reads) this.indexedTexts.add(name);
    const start = () => startWith(kinds);
    return { step: this.kernelFor(definition.share?.(check), { columns, where, start }), kinds };
  }

  private kernelFor(share: string | undefined, kernel: PlannedKernel): number {
    const key = share === undefined ? undefined : `${share}\n${kernel.where ?? ''}`;
    const known = key === undefined ? undefined : this.shared.get(key);
    if (known !== undefined) return known;
    if (key !== undefined) this.shared.set(key, this.kernels.length);
    return this.kernels.push(kernel) - 1;
  }

  private addCondition(where: string): void {
    if (this.conditions.has(where)) return;
    const expression = parseExpression(where);
    const names = columnsOf(expression);
    fitting(
      names.map((name) => this.kinds.get(name)!),
      (types) => {
        const kinds = new Map(names.map((name, i) => [name, types[i]!]));
        this.conditions.set(where, compileCondition(expression, kinds));
      },
    );
  }

  private unusable(columns: readonly string[], expressions: string): string | undefined {
    const missing = columns.find((name) => !this.kinds.has(name));
    if (missing !== undefined) {
      const isQuoted = expressions.includes(`"${missing}"`);
      const remedy = isQuoted ? `; a text is written in single quotes: '${missing}'` : '';
      return `${unknownColumn(missing, [...this.kinds.keys()])}${remedy}`;
    }
    const twice = columns.find((name) => this.twice.has(name));
    return twice === undefined ? undefined : `there are several columns "${twice}"`;
  }
}

/** What a column without any value may be taken for. */
const TYPES_OF_NULLS = [
  kindOf('text', 'text', 'Null'),
  kindOf('number', 'number', 'Null'),
  kindOf('instant', 'wide', 'Null'),
  kindOf('time', 'wide', 'Null'),
  kindOf('boolean', 'number', 'Null'),
];

/**
 * A column without any value is of every type, so it is taken for the first that is allowed.
 * @param start throws Misfit where types make no sense
 * @returns the types that made sense
 * @throws Misfit where none do
 */
function fitting(
  kinds: readonly ColumnKind[],
  start: (kinds: readonly ColumnKind[]) => unknown,
): readonly ColumnKind[] {
  for (const taken of takenFor(kinds)) {
    try {
      start(taken);
      return taken;
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
    }
  }
  start(kinds);
  return kinds;
}

/** Columns without values that are taken for types of their own; with more of them, all are taken for the same. */
const MOST_COMBINED = 3;

function* takenFor(kinds: readonly ColumnKind[]): Generator<readonly ColumnKind[]> {
  const typed = kinds.filter(({ domain }) => domain !== 'null');
  const nulls = kinds.length - typed.length;
  if (nulls === 0) return;
  const candidates = [...typed.slice(0, 3), ...TYPES_OF_NULLS];
  const combined = nulls > MOST_COMBINED ? 1 : nulls;
  for (let number = 0; number < candidates.length ** combined; number++) {
    let rest = number;
    yield kinds.map((kind) => {
      if (kind.domain !== 'null') return kind;
      const candidate = candidates[rest % candidates.length]!;
      if (combined > 1) rest = Math.floor(rest / candidates.length);
      return candidate;
    });
  }
}

function refuseUnknownColumns({ keyColumns, piiColumns }: Suite, fields: readonly Field[]): void {
  const names = fields.map(({ name }) => name);
  const problemsOf = (list: readonly string[], path: string) =>
    list.flatMap((name, i) =>
      names.includes(name) ? [] : [{ path: `${path}[${i}]`, message: unknownColumn(name, names) }],
    );
  const problems = [...problemsOf(keyColumns, 'keyColumns'), ...problemsOf(piiColumns, 'piiColumns')];
  if (problems.length > 0) throw new MillraceError('SUITE_INVALID', problems[0]!.message, { problems });
}

function failure(message: string): ErrorState {
  return { kind: 'error', message };
}

function unknownColumn(name: string, names: readonly string[]): string {
  return `there is no column "${name}"${hint(name, names)}`;
}
