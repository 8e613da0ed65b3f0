import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { createToken, readTokens, revokeToken, tokensPath } from '../../engine/lineage/index.js';
import type { TokenScope } from '../../schemas/token.js';
import { dataDirOption, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { resolveTarget } from '../target.js';

/** `millrace token`: who may talk to the lineage owner. Works on its data folder, whether it runs or not. */
export function tokenCommand(program: Command): void {
  const command = program
    .command('token')
    .description('make, list and revoke tokens of the lineage owner, in its data folder');
  const create = command
    .command('create')
    .description('make a token; once there is one, nothing is answered without')
    .argument('<name>', 'what it is for')
    .addOption(
      new Option('--scope <scope>', 'read: questions; write: records as well; admin: backup and rebuild as well')
        .choices(['read', 'write', 'admin'])
        .makeOptionMandatory(),
    );
  common(create)
    .addHelpText('after', '\nExample:\n  export MILLRACE_LINEAGE_TOKEN=$(millrace token create workers --scope write)')
    .action(async (name: string, { scope, json, ...target }: TargetOptions & JsonOption & { scope: TokenScope }) => {
      const { token, id } = await createToken(await pathOf(target), { name, scope });
      if (json) printJson({ token, id, name, scope });
      else console.log(token);
    });
  common(command.command('list').description('list tokens, without their secrets')).action(
    async ({ json, ...target }: TargetOptions & JsonOption) => {
      const tokens = (await readTokens(await pathOf(target))).map(({ digest: _, ...token }) => token);
      if (json) printJson(tokens);
      else for (const { id, scope, createdAt, name } of tokens) console.log(`${id}  ${scope}  ${createdAt}  ${name}`);
    },
  );
  common(command.command('revoke').description('take a token away').argument('<token>', 'its id or name')).action(
    async (idOrName: string, { json, ...target }: TargetOptions & JsonOption) => {
      const { id, name } = await revokeToken(await pathOf(target), idOrName);
      if (json) printJson({ id, name });
      else console.log(`${name} (${id}) is revoked; a running owner knows within a second`);
    },
  );
}

function common(command: Command): Command {
  return command.addOption(dataDirOption()).addOption(jsonOption());
}

async function pathOf(options: TargetOptions): Promise<string> {
  const { dataDir } = await resolveTarget(options);
  return tokensPath(join(dataDir, 'lineage.duckdb'));
}
