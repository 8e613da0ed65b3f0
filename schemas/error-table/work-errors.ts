import { entry, type ErrorEntry } from './entry.js';

/** What steps do: training, evaluation, programs, activities. */
export const WORK_ERRORS = {
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
} as const satisfies Record<string, ErrorEntry>;
