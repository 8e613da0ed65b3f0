import type { Check, Suite } from '../../schemas/check.js';
import { MillraceError } from '../../schemas/errors.js';
import { hint } from '../../schemas/nearest.js';
import type { ColumnKind, Field } from './column-kind.js';
import { columnsOfText, compileCondition, parseExpression, type Condition } from './expression/index.js';
import { definitionOf, whereOf } from './kernels/index.js';
import type { Kernel, ReferenceFindings } from './kernels/kernel.js';
import { Misfit } from './literals.js';
import type { ErrorState } from './states.js';

/** A kernel that one check needs, or several. */
export interface PlannedKernel {
  /** Columns that it reads, those of its filter included. */
  readonly columns: readonly string[];
  /** The filter, which kernels of equal text share. */
  readonly where: string | undefined;
  start(): Kernel;
}

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
 * @throws MillraceError SUITE_INVALID where a key column or a column with personal data is not in the file
 */
export function compilePlan(
  suite: Suite,
  fields: readonly Field[],
  findings: readonly (ReferenceFindings | undefined)[] = [],
): Plan {
  const compiler = new Compiler(fields);
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
  private readonly twice: Set<string>;

  constructor(private readonly fields: readonly Field[]) {
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
    const unusable = this.unusable(columns);
    if (unusable !== undefined) return { step: failure(unusable), kinds: [] };
    const kinds = reads.map((name) => this.kinds.get(name)!);
    const start = () => definition.start(check, kinds, { fields: this.fields, findings });
    try {
      start();
      if (where !== undefined) this.addCondition(where);
    } catch (error) {
      if (error instanceof Misfit) return { step: failure(error.message), kinds };
      throw error;
    }
    if (definition.indexTexts) for (const name of reads) this.indexedTexts.add(name);
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
    if (!this.conditions.has(where)) this.conditions.set(where, compileCondition(parseExpression(where), this.kinds));
  }

  private unusable(columns: readonly string[]): string | undefined {
    const missing = columns.find((name) => !this.kinds.has(name));
    if (missing !== undefined) return unknownColumn(missing, [...this.kinds.keys()]);
    const twice = columns.find((name) => this.twice.has(name));
    return twice === undefined ? undefined : `there are several columns "${twice}"`;
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
