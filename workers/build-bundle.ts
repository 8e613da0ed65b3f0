import { writeFile } from 'node:fs/promises';
import { bundleWorkflows, PREBUILT_BUNDLE } from './workflow-bundle.js';

/** `npm run build` ends here: the bundle that every worker loads, so that none has to make its own. */
async function main(): Promise<void> {
  const { code } = await bundleWorkflows();
  await writeFile(PREBUILT_BUNDLE, code);
}

void main();
