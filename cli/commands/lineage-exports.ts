import Table from 'cli-table3';
import type { Command } from 'commander';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { ExportStatus } from '../../schemas/lineage-export.js';
import { addTargetOptions, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

/** `millrace lineage exports`: how far the receivers of OpenLineage events are. */
export function lineageExportsCommand(lineage: Command): void {
  const command = lineage.command('exports').description('show how far the receivers of OpenLineage events are');
  addTargetOptions(command)
    .addOption(jsonOption())
    .action(async ({ json, ...target }: TargetOptions & JsonOption) => {
      const exports = await createLineageClient({ url: requireLineageUrl(await resolveTarget(target)) }).exports();
      if (json) printJson(exports);
      else
        console.log(
          exports.length === 0 ? 'no receivers; lineage.export of the configuration names them' : inWords(exports),
        );
    });
}

function inWords(exports: readonly ExportStatus[]): string {
  const table = new Table({
    head: ['receiver', 'state', 'behind', 'refused', 'address', 'last error'],
    style: { head: [], border: [], compact: true },
  });
  table.push(
    ...exports.map(({ name, state, behind, refused, url, lastError }) => [
      name,
      state.replaceAll('_', ' '),
      behind,
      refused,
      url,
      lastError?.message ?? '',
    ]),
  );
  return table.toString();
}
