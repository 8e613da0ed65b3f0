import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { OWN_FACETS, ownFacetDocument, type OwnFacet } from '../../schemas/index.js';

const FOLDER = join(__dirname, 'openlineage');
const read = (path: string) => JSON.parse(readFileSync(join(FOLDER, path), 'utf8')) as { $id: string };

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
ajv.addFormat('uri', (text) => URL.canParse(text));
ajv.addFormat(
  'date-time',
  (text) => /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
);
const specification = read('OpenLineage.json');
ajv.addSchema(specification);
for (const name of readdirSync(join(FOLDER, 'facets'))) ajv.addSchema(read(join('facets', name)));
for (const facet of Object.keys(OWN_FACETS) as OwnFacet[]) ajv.addSchema(ownFacetDocument(facet));

/**
 * What is wrong with an event by the specification’s own JSON Schemas: of the event, and of each facet by the schema that it
 * names. A facet whose schema is not at hand is wrong too.
 */
export function specificationProblems(event: unknown): string[] {
  return [...problemsBy(specification.$id, event, ''), ...facetsIn(event, '').flatMap(facetProblems)];
}

/** Names of the facets that an event carries. */
export function facetNames(event: unknown): string[] {
  return facetsIn(event, '').map(({ path }) => path.split('/').at(-1) ?? '');
}

interface FoundFacet {
  path: string;
  facet: { _schemaURL: string };
}

function facetsIn(value: unknown, path: string): FoundFacet[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = '_schemaURL' in value ? [{ path, facet: value as FoundFacet['facet'] }] : [];
  return [...own, ...Object.entries(value).flatMap(([key, member]) => facetsIn(member, `${path}/${key}`))];
}

function facetProblems({ path, facet }: FoundFacet): string[] {
  const [document = '', pointer = ''] = facet._schemaURL.split('#/$defs/');
  // The address names the file, and the $id of some files is one folder up.
  const name = /[^/]+$/.exec(document)?.[0] ?? '';
  const known = Object.keys(ajv.schemas).find((id) => id.endsWith(`/${name}`) && versionOf(id) === versionOf(document));
  if (known === undefined) return [`${path}: no schema ${facet._schemaURL}`];
  return problemsBy(`${known}#/$defs/${pointer}`, facet, path);
}

const versionOf = (url: string) => /\/(\d+-\d+-\d+)\//.exec(url)?.[1];

function problemsBy(schema: string, value: unknown, path: string): string[] {
  const validate = ajv.getSchema(schema);
  if (validate === undefined) return [`${path}: no schema ${schema}`];
  if (validate(value) === true) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${path}${instancePath} ${message}`);
}
