import { readFileSync } from 'node:fs';
import { PREBUILT_BUNDLE } from '../../../workers/workflow-bundle';

const code = readFileSync(PREBUILT_BUNDLE, 'utf8');
/** Text by path of each module in the bundle. */
const modules = new Map(
  code
    .split('\n/***/ "')
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('"')), part]),
);

describe('the bundle of workflows', () => {
  test('makes the schemas before the first workflow, so that all workflows of a thread share them', () => {
    const [, preloaded = ''] = /preloadModules = function preloadModules\(\) \{([\s\S]*?)\}/.exec(code) ?? [];
    const paths = [...preloaded.matchAll(/__webpack_require__\(.*"(.*)"\)/g)].map(([, path]) => path);
    expect(paths).toEqual(['./dist/workflows/stack-depth.js', './dist/schemas/index.js']);
  });

  test('freezes the exports of whatever is shared, because schemas that are frozen themselves cannot parse', () => {
    const shared = [...modules].filter(([path]) => /^\.\/(dist\/schemas|node_modules\/zod)\//.test(path));
    expect(shared.length).toBeGreaterThan(50);
    const left = shared.flatMap(([path, text]) => (text.includes('Object.freeze(module.exports);') ? [] : [path]));
    expect(left).toEqual([]);
  });
});
