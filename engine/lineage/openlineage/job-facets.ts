import type { LineageRecordOf, OpenLineageRunEvent } from '../../../schemas/index.js';
import { facet } from './names.js';

export function jobType(type: 'PIPELINE' | 'STEP') {
  return facet('JobTypeJobFacet', { processingType: 'BATCH', integration: 'MILLRACE', jobType: type });
}

/** Where the code is, for a repository that has an address. */
export function codeFacet({ codeLocation }: LineageRecordOf<'run_started'>): object {
  if (!codeLocation?.repository || !URL.canParse(codeLocation.repository)) return {};
  const { repository, revision, branch, path } = codeLocation;
  const web = /^https?:/.test(repository);
  const location = {
    type: 'git',
    // How the large hosts address a folder of a commit; what is not on the web is named as a whole.
    url: web ? `${repository.replace(/(\.git)?\/*$/, '')}/tree/${revision}/${path}` : repository,
    repoUrl: repository,
    path,
    version: revision,
    ...(branch === null ? {} : { branch }),
  };
  return { sourceCodeLocation: facet('SourceCodeLocationJobFacet', location) };
}

/** The query of a step that has one. */
export function sqlFacet({ specification }: LineageRecordOf<'run_started'>, step: string): object {
  const steps = (specification as { steps?: Record<string, { sql?: unknown }> } | null)?.steps;
  const sql = steps?.[step]?.sql;
  return typeof sql === 'string' ? { sql: facet('SQLJobFacet', { query: sql, dialect: 'duckdb' }) } : {};
}

export function errorFacet(message: string) {
  return { errorMessage: facet('ErrorMessageRunFacet', { message, programmingLanguage: 'TypeScript' }) };
}

/** What somebody stopped has not failed. */
export function failure(code: string | null): NonNullable<OpenLineageRunEvent['eventType']> {
  return code === 'CANCELLED' || code === 'TERMINATED' ? 'ABORT' : 'FAIL';
}
