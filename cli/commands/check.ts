import type { Command } from 'commander';
import { checkFiles } from '../../engine/quality/check-files.js';
import type { QualityReport } from '../../schemas/quality-report.js';
import { dataFiles } from '../data-files.js';
import { interruptible } from '../interrupted-scan.js';
import { EXIT, printJson } from '../output.js';
import { jsonOption, type JsonOption } from '../options.js';
import { createScanProgress } from '../scan-progress.js';
import { loadSuite } from '../suite-file.js';
import { terminalOptions } from '../terminal.js';
import { writeOutput } from '../write-output.js';

interface CheckOptions extends JsonOption {
  suite: string;
  html?: string;
  junit?: string;
  key: string[];
}

/** `millrace check`: holds files to a suite. It needs no server and writes nothing but what it is asked for. */
export function checkCommand(program: Command): void {
  program
    .command('check')
    .description('hold files to a suite of quality checks; needs no server')
    .argument('<file...>', "Parquet files that together are the dataset; patterns as in 'days/*.parquet'")
    .requiredOption('--suite <file>', 'the checks: JSON, or TypeScript with a default export')
    .option('--key <column...>', 'columns that are shown with failing rows, to find them again', [])
    .option('--html <file>', 'write the report as one self-contained page')
    .option('--junit <file>', 'write the report as JUnit XML, for CI')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExit codes: 0 passed (also with warnings), 1 failed, 2 could not be judged: a check could not run, or nothing could.' +
        '\n\nExample:\n  millrace check flights.parquet --suite flights.suite.json --key date --html report.html',
    )
    .action(async (named: string[], options: CheckOptions) => {
      const checkedAt = new Date();
      const [files, suite] = [dataFiles(named), await loadSuite(options.suite, options.key)];
      const progress = createScanProgress('checking');
      const report = await interruptible((signal) =>
        checkFiles({ files, suite, signal, onProgress: (rows) => progress.rows(rows) }),
      ).finally(() => progress.end());
      if (report === undefined) return;
      const subject = named.join(', ');
      await writeReports(report, options, { subject, checkedAt });
      if (options.json) printJson(report);
      else {
        const { renderCheckTable } = await import('../../engine/quality/report/terminal.js');
        console.log(renderCheckTable(report, terminalOptions()));
      }
      process.exitCode = exitCodeOf(report);
    });
}

/** A check that could not run leaves the question open, also where another one failed: that is no `failed`. */
function exitCodeOf({ verdict }: QualityReport): number {
  if (verdict === 'error') return EXIT.impossible;
  return verdict === 'fail' ? EXIT.no : EXIT.done;
}

async function writeReports(
  report: QualityReport,
  { html, junit }: CheckOptions,
  about: { subject: string; checkedAt: Date },
): Promise<void> {
  if (html === undefined && junit === undefined) return;
  const { renderCheckPage, renderJunit } = await import('../../engine/quality/report/index.js');
  if (html !== undefined) await writeOutput(html, renderCheckPage(report, about));
  if (junit !== undefined) await writeOutput(junit, renderJunit(report, about));
}
