import { entry, type ErrorEntry } from './entry.js';

/** What somebody asks for or writes down: requests, pipelines, configuration, suites. */
export const INPUT_ERRORS = {
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
} as const satisfies Record<string, ErrorEntry>;
