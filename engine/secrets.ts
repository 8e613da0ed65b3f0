import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../schemas/index.js';

/** Resolves references to secrets, in the process that needs them; what they stand for never travels or is recorded. */
export interface Secrets {
  /**
   * What `secret:NAME` stands for.
   * @throws MillraceError SECRET_NOT_FOUND, which names the places that were looked at
   */
  get(reference: string): Promise<string>;
}

/**
 * Secrets of this process: the variable `MILLRACE_SECRET_NAME`, else the file `NAME` in the folder `MILLRACE_SECRETS_DIR`,
 * which is how Docker and Kubernetes mount them. One line end at a file’s end is not part of the secret.
 */
export function createSecrets(env: NodeJS.ProcessEnv = process.env): Secrets {
  return {
    async get(reference) {
      const name = reference.replace(/^secret:/, '');
      const variable = `MILLRACE_SECRET_${name.toUpperCase().replaceAll('-', '_')}`;
      const value = env[variable];
      if (value !== undefined && value !== '') return value;
      const folder = env['MILLRACE_SECRETS_DIR'];
      if (folder === undefined || folder === '') {
        throw notFound(reference, `${variable} is not set, and neither is MILLRACE_SECRETS_DIR`);
      }
      const path = join(folder, name);
      try {
        return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
      } catch (error) {
        throw notFound(reference, `${variable} is not set, and ${path}: ${(error as Error).message}`);
      }
    },
  };
}

const notFound = (reference: string, message: string) =>
  new MillraceError('SECRET_NOT_FOUND', `${reference}: ${message}`);
