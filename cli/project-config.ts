import { isMillraceError } from '../schemas/errors.js';
import { configSchema, type MillraceConfig } from '../schemas/config.js';
import { loadConfig } from '../workers/load-config.js';

/**
 * The configuration for a process that can do without one: the lineage owner and the model server know no pipelines.
 * A file that was named has to be there, and one that is there has to be right.
 */
export async function configOrDefault(file?: string): Promise<{ config: MillraceConfig; projectDir: string }> {
  const cwd = process.cwd();
  try {
    return await loadConfig({ cwd, file });
  } catch (error) {
    if (file !== undefined || !isMillraceError(error) || error.code !== 'CONFIG_NOT_FOUND') throw error;
    return { config: configSchema.parse({ pipelines: [] }), projectDir: cwd };
  }
}
