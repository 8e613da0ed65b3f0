import type { CheckResult } from '../../../schemas/quality-report.js';
import { html, Markup, type Content } from './markup.js';
import { cssColors, PALETTES } from './palette.js';
import { STATUS_SIGNS, STATUS_WORDS } from './words.js';

const STYLE = new Markup(`
:root{color-scheme:light dark;${cssColors(PALETTES.light)}}
@media (prefers-color-scheme:dark){:root{${cssColors(PALETTES.dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:75rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}
h2{font-size:1.2rem;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:0 0 .25rem}
h4{font-size:.9rem;margin:.5rem 0 0}
p{margin:.25rem 0}
a{color:var(--link)}
dl{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin:.5rem 0}
dl div{display:flex;gap:.4rem}
dt{color:var(--muted)}
dd{margin:0;font-variant-numeric:tabular-nums}
.data{unicode-bidi:isolate;white-space:pre-wrap}
.muted{color:var(--muted)}
.status{font-weight:600;white-space:nowrap}
.pass{color:var(--pass)}.warn{color:var(--warn)}.fail{color:var(--fail)}.error{color:var(--error)}.skip{color:var(--skip)}
.verdict{display:inline-block;border:2px solid;border-radius:.4rem;padding:.1rem .6rem;font-size:1.1rem}
.scroll{overflow-x:auto}
.scroll:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;color:var(--muted);padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-bottom:1px solid var(--line)}
thead th{color:var(--muted);font-weight:600;white-space:nowrap}
tbody th{font-weight:600}
.number{text-align:right;font-variant-numeric:tabular-nums}
.scroll td,.scroll tbody th{overflow-wrap:normal;min-width:4rem;max-width:24rem}
.scroll .number{white-space:nowrap}
.scroll .data{display:inline-block;max-width:24rem;overflow-wrap:break-word}
.scroll caption{max-width:calc(100vw - 4rem)}
.rule{display:block;font-weight:400;color:var(--muted)}
.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr))}
.card{background:var(--surface);border:1px solid var(--line);border-radius:.5rem;padding:.75rem;min-width:0;margin:0 0 1rem}
.grid .card{margin:0}
svg{display:block;width:100%;max-width:32rem;height:auto;margin:.5rem 0}
svg text{fill:var(--muted);font:11px system-ui,sans-serif}
svg .label{fill:var(--text)}
.bar{fill:var(--bar)}
.hollow{fill:none;stroke:var(--reference);stroke-width:1.5}
.axis{stroke:var(--line);stroke-width:1}
.outline{fill:none;stroke:var(--reference);stroke-width:2;stroke-dasharray:5 3}
summary{cursor:pointer;color:var(--muted);font-size:.9rem}
footer{margin-top:2rem;color:var(--muted);font-size:.85rem}
@media (max-width:30rem){main{padding:.75rem}th,td{padding:.35rem .25rem}.status{white-space:normal}.scroll .data{max-width:9rem}}
@media print{.card{break-inside:avoid}}
`);

/** A whole page in one file: it needs nothing from elsewhere, runs no script, and forbids both. */
export function page(title: string, body: Content): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `.text
    .replace(/\s*\n\s*/g, '\n')
    .replace(/ +>/g, '>');
}

/** A status as sign and word. */
export function statusMark(status: CheckResult['status'], word = STATUS_WORDS[status]): Markup {
  return html`<span class="status ${status}"><span aria-hidden="true">${STATUS_SIGNS[status]}</span> ${word}</span>`;
}

/** Names and values side by side. */
export function facts(entries: readonly (readonly [name: string, value: Content])[]): Markup {
  return html`<dl>
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** A column of a table. */
export interface TableColumn {
  head: string;
  /** Whether its cells are numbers, which stand at the right. */
  number?: boolean;
}

/**
 * A table that scrolls sideways by itself where the screen is narrow. The first cell of a row is its heading.
 * @param id unique within the page
 */
export function table(
  id: string,
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly Content[])[],
): Markup {
  return html`<div class="scroll" role="group" aria-labelledby="${id}" tabindex="0">
    <table>
      <caption id="${id}">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ head, number }) => html`<th scope="col" ${numberClass(number)}>${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => tableCell(cell, i === 0, columns[i]?.number))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A text from data, kept from changing the direction of what is around it. */
export function data(text: string): Markup {
  return html`<span class="data">${text}</span>`;
}

function tableCell(cell: Content, heads: boolean, number = false): Markup {
  return heads
    ? html`<th scope="row" ${numberClass(number)}>${cell}</th>`
    : html`<td ${numberClass(number)}>${cell}</td>`;
}

function numberClass(number = false): Content {
  return number && html`class="number"`;
}
