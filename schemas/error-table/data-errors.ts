import { entry, type ErrorEntry } from './entry.js';

/** Data and where they are: sources, versions, plans, stores, secrets. */
export const DATA_ERRORS = {
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
  SQL_OUT_OF_MEMORY: entry(
    'code',
    false,
    'DuckDB needed more at once than the memory that it may use, and could not put it on the disk.',
    'Raise memory of the transform or lower its threads; or gather less in one value (list, string_agg, median) or, of a source, in one partition.',
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
    'Restore the file that is named from a backup, or delete it and run its producer again: the same input gives the same bytes.',
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
} as const satisfies Record<string, ErrorEntry>;
