import { userInfo } from 'node:os';
import { Argument, type Command } from 'commander';
import { WHOLE_KEY } from '../../schemas/partition-key.js';
import { gateVerbField, type GateVerb } from '../../schemas/gate.js';
import { addTargetOptions, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { addParam, type Params } from '../run-params.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { withClient } from '../with-client.js';

interface DecideOptions extends TargetOptions, JsonOption {
  partition: string;
  reason: string;
  by?: string;
  step?: string;
  value: Params;
}

/** `millrace decide`: decides on a step that waits. Exit code 0 taken, 2 not. */
export function decideCommand(program: Command): void {
  const command = program
    .command('decide')
    .description('decide on a step of a run that waits for somebody')
    .addArgument(new Argument('<decision>', 'what is decided').choices(gateVerbField.options))
    .argument('<pipeline>', 'name of the pipeline')
    .option('--partition <key>', 'partition of the run; "all" is that of a pipeline that is not cut', WHOLE_KEY)
    .requiredOption('--reason <text>', 'why; it is on record')
    .option('--by <name>', 'who decides (default: the user of this machine)')
    .option('--step <name>', 'step that waits; needed where several do')
    .option('--value <name=value>', 'value that an approval gives; may be repeated', addParam, {});
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  millrace decide release flight-delays --partition 2001-03-31 --reason "half a day is enough"',
    )
    .action(async (verb: GateVerb, pipeline: string, options: DecideOptions) => {
      process.exitCode = await decide(verb, pipeline, options);
    });
}

async function decide(verb: GateVerb, pipeline: string, options: DecideOptions): Promise<number> {
  return withClient(options, async (client) => {
    const { partition, reason, step, value } = options;
    const run = await client.getRun({ pipeline, partition });
    const taken = await run.decide(verb, { by: options.by ?? userInfo().username, reason, step, values: value });
    if (options.json) printJson({ workflowId: run.workflowId, decision: verb, ...taken });
    else console.log(`${run.workflowId}: ${verb} of ${taken.step} is taken`);
    return EXIT.done;
  });
}
