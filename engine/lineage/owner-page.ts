import type {
  DatasetSummary,
  EndpointState,
  ModelServerStatus,
  ModelSummary,
  RunSummary,
} from '../../schemas/index.js';

/** What the page shows. */
export interface PageContent {
  runs: readonly RunSummary[];
  datasets: readonly DatasetSummary[];
  models: readonly ModelSummary[];
  endpoints: readonly EndpointState[];
  servers: readonly ModelServerStatus[];
}

/** HTML that is inserted as it is; everything else is escaped. */
class Html {
  constructor(readonly text: string) {}
}

/** What people see who open the owner’s address in a browser: one page, no scripts, nothing from elsewhere. */
export function ownerPage(content: PageContent): string {
  const sections = [
    section(
      'Endpoints',
      ['endpoint', 'stable', 'canary', 'canary weight', 'generation', 'since', 'why'],
      content.endpoints.map((state) => [
        link(`/api/v1/lineage?node=${encodeURIComponent(`endpoint:${state.endpoint}`)}`, state.endpoint),
        state.stable === null ? '(retired)' : `${state.stable.model} v${state.stable.version}`,
        state.canary === null ? '' : `${state.canary.model} v${state.canary.version}`,
        state.canary === null ? '' : `${state.canaryWeight} %`,
        state.generation,
        time(state.changedAt),
        state.reason,
      ]),
    ),
    section(
      'Models',
      ['model', 'versions', 'newest', 'registered', 'aliases'],
      content.models.map((model) => [
        link(`/api/v1/models/${model.model}`, model.model),
        model.versions,
        `v${model.newest.version}`,
        time(model.registeredAt),
        Object.entries(model.aliases)
          .map(([alias, version]) => `${alias} = v${version}`)
          .join(', '),
      ]),
    ),
    section(
      'Datasets',
      ['dataset', 'partitions', 'published', 'versions', 'published rows', 'last written'],
      content.datasets.map((dataset) => [
        link(`/api/v1/datasets/${dataset.dataset}/versions`, dataset.dataset),
        dataset.partitions,
        dataset.published,
        dataset.versions,
        dataset.rows.toLocaleString('en-US'),
        time(dataset.writtenAt),
      ]),
    ),
    section(
      'Runs',
      ['pipeline', 'partition', 'verdict', 'started', 'finished', 'what happened', 'asked by'],
      content.runs.map((run) => [
        link(`/api/v1/runs/${encodeURIComponent(run.runId)}`, run.pipeline),
        run.partition,
        badge(run.verdict ?? 'running'),
        time(run.startedAt),
        run.finishedAt === null ? '' : time(run.finishedAt),
        run.message ?? '',
        run.requestedBy,
      ]),
    ),
    section(
      'Model servers',
      ['address', 'endpoints'],
      content.servers.map((server) => [
        server.url,
        server.endpoints.map(({ endpoint, ready }) => `${endpoint}${ready ? '' : ' (not ready)'}`).join(', '),
      ]),
    ),
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Millrace lineage</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head>
<body><h1>Millrace lineage</h1>${sections.join('')}</body></html>`;
}

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}div{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid #8884;vertical-align:top;overflow-wrap:break-word}
th{font-weight:600;white-space:nowrap}p{opacity:.65}b,time{white-space:nowrap}b{font-weight:600}.succeeded{color:#1a8a3c}.failed{color:#d33}
.refused,.rolled_back{color:#b97a00}`;

function section(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly (Html | string | number)[])[],
): string {
  if (rows.length === 0) return `<h2>${title}</h2><p>None on record.</p>`;
  const head = heads.map((cell) => `<th>${escape(cell)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${render(cell)}</td>`).join('')}</tr>`).join('');
  return `<h2>${title}</h2><div><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function link(href: string, text: string): Html {
  return new Html(`<a href="${escape(href)}">${escape(text)}</a>`);
}

function badge(verdict: string): Html {
  return new Html(`<b class="${escape(verdict)}">${escape(verdict.replace('_', ' '))}</b>`);
}

function time(instant: string): Html {
  return new Html(`<time datetime="${escape(instant)}">${escape(instant.slice(0, 19).replace('T', ' '))} UTC</time>`);
}

function render(cell: Html | string | number): string {
  return cell instanceof Html ? cell.text : escape(String(cell));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
