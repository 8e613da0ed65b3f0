import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser, type Copy, type Instruction } from 'dockerfile-ast';
import { ownServices, ROOT } from './compose-file.js';

const dockerfile = DockerfileParser.parse(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
const froms = dockerfile.getFROMs();
const stages = froms.map((from) => from.getBuildStage() ?? '');
const copies = dockerfile.getCOPYs();

const valuesOf = (instruction: Instruction) => instruction.getArguments().map((argument) => argument.getValue());
const sourcesOf = (copy: Copy) => valuesOf(copy).slice(0, -1);
const stageOf = (copy: Copy) => copy.getFromFlag()?.getValue() ?? null;

/** What the context holds: .dockerignore shuts everything out and lets names in again. */
const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

const runtime = readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8');

describe('Dockerfile', () => {
  test('starts from a glibc image of a fixed version, of a Node that the package supports', () => {
    const foreign = froms.map((from) => from.getImage() ?? '').filter((image) => !stages.includes(image));
    expect(foreign).toEqual([expect.stringMatching(/^node:22\.\d+\.\d+-bookworm-slim$/)]);
  });

  test('has no stage that is neither copied from, nor built on, nor run', () => {
    const used = new Set([
      ...copies.map(stageOf),
      ...froms.map((from) => from.getImage()),
      ...ownServices.map(([, { build }]) => build?.target),
    ]);
    expect(stages.filter((stage) => !used.has(stage))).toEqual([]);
  });

  test('has every stage that is copied from or run', () => {
    const wanted = [...copies.map(stageOf), ...ownServices.map(([, { build }]) => build?.target ?? null)];
    expect(wanted.filter((stage) => stage !== null && !stages.includes(stage))).toEqual([]);
  });

  test('copies from the repository what is there and what .dockerignore lets through', () => {
    const sources = copies.filter((copy) => stageOf(copy) === null).flatMap(sourcesOf);
    expect(sources.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
    expect(sources.filter((source) => !allowed.includes(source))).toEqual([]);
  });

  test('lets nothing into the build that it does not copy', () => {
    const sources = new Set(copies.flatMap(sourcesOf));
    expect(allowed.filter((name) => !sources.has(name))).toEqual([]);
  });

  test('copies files of packages that exist', () => {
    const files = copies.flatMap(sourcesOf).filter((source) => source.startsWith('/app/node_modules/'));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(join(ROOT, file.replace('/app/', ''))))).toEqual([]);
  });

  test('builds from every folder that the compiler is told of', () => {
    const { include } = JSON.parse(runtime) as { include: string[] };
    const sources = copies.flatMap(sourcesOf);
    expect(include.filter((name) => !sources.includes(name))).toEqual([]);
  });

  test('ends each image that runs as a user without rights', () => {
    const users = dockerfile.getInstructions().filter((instruction) => instruction.getKeyword() === 'USER');
    for (const stage of ownServices.map(([, { build }]) => build?.target ?? '')) {
      const from = froms[stages.indexOf(stage)];
      const next = froms[stages.indexOf(stage) + 1];
      const last = users.filter(
        (user) =>
          user.getRange().start.line > (from?.getRange().start.line ?? 0) &&
          user.getRange().start.line < (next?.getRange().start.line ?? Infinity),
      );
      expect(last.at(-1)?.getArgumentsContent()).toBe('node');
    }
  });

  test('has the healthchecks and the entry point that docker-compose.yml counts on', () => {
    const scripts = ownServices.flatMap(
      ([, { healthcheck }]) => healthcheck?.test.filter((part) => part.endsWith('.mjs')) ?? [],
    );
    expect(scripts.filter((script) => !existsSync(join(ROOT, script)))).toEqual([]);
    expect(copies.map(valuesOf)).toContainEqual(['deploy/healthchecks', 'deploy/healthchecks']);
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { bin: { millrace: string } };
    expect(dockerfile.getENTRYPOINTs()[0]?.getArgumentsContent()).toBe(`["node", "/app/${manifest.bin.millrace}"]`);
  });
});
