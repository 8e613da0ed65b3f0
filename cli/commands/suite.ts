import type { Command } from 'commander';
import { z } from 'zod';
import { suiteSchema } from '../../schemas/check.js';

/** `millrace suite`: what helps in writing suites. */
export function suiteCommand(program: Command): void {
  const suite = program.command('suite').description('help in writing suites of quality checks; needs no server');
  suite
    .command('schema')
    .description('print the JSON Schema of suites, by which editors complete and check them')
    .addHelpText(
      'after',
      '\nExample:\n  millrace suite schema > suite.schema.json\n  and in the suite: "$schema": "./suite.schema.json"',
    )
    .action(() => console.log(JSON.stringify(suiteJsonSchema(), null, 2)));
}

/** The JSON Schema of suites as they are written: fields with a default may be left out, and `$schema` may be there. */
function suiteJsonSchema(): object {
  const schema = z.toJSONSchema(suiteSchema, { io: 'input' });
  const properties = { $schema: { type: 'string', description: 'Where the JSON Schema is.' }, ...schema.properties };
  return { ...schema, title: 'Millrace quality suite', properties };
}
