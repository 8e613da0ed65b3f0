import type { EngineFigures } from './measure.js';

/** Times of Millrace divided by those of another: 1 or less is as fast, or faster. */
export interface Ratio {
  engine: string;
  to: string;
  inProcess: number;
  wholeProcess: number;
}

/** How Millrace compares. */
export interface Ratios {
  /** Both ways of scanning with each peer. */
  peers: Ratio[];
  /** With the fastest peer of each column. */
  fastest: Ratio[];
  /** One thread divided by as many as there are processors: how much faster those are. */
  threads: { engine: string; inProcess: number }[];
}

const SCANS = ['Millrace', 'Millrace, full scan'];

/** Ratios of those engines that were measured. */
export function ratiosOf(engines: readonly EngineFigures[]): Ratios {
  const scans = engines.filter(({ name }) => SCANS.includes(name));
  const peers = engines.filter(({ kind }) => kind !== 'millrace');
  const fastest = (key: 'inProcessMs' | 'wholeProcessMs') => peers.reduce((a, b) => (b[key] < a[key] ? b : a));
  return {
    peers: scans.flatMap((scan) =>
      peers.map((peer) => ({ engine: scan.name, to: peer.name, ...ratioOf(scan, peer, peer) })),
    ),
    fastest: scans.flatMap((scan) => {
      if (peers.length === 0) return [];
      const [inProcess, whole] = [fastest('inProcessMs'), fastest('wholeProcessMs')];
      const to = inProcess === whole ? inProcess.name : `${inProcess.name} / ${whole.name}`;
      return [{ engine: scan.name, to, ...ratioOf(scan, inProcess, whole) }];
    }),
    threads: scans.flatMap((scan) => {
      const one = engines.find(({ name }) => name === `${scan.name}, 1 thread`);
      return one === undefined ? [] : [{ engine: scan.name, inProcess: rounded(one.inProcessMs / scan.inProcessMs) }];
    }),
  };
}

/** Tables in Markdown. */
export function renderTable(engines: readonly EngineFigures[], { peers, fastest, threads }: Ratios): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const scans = SCANS.filter((scan) => engines.some(({ name }) => name === scan));
  const rows = engines.map(({ name, version, inProcessMs, wholeProcessMs, peakRssMb, runs }) => {
    const ratios = scans.map((scan) => peers.find(({ engine, to }) => engine === scan && to === name));
    const told = ratios.map((ratio) => (ratio === undefined ? '' : `${ratio.inProcess} / ${ratio.wholeProcess}`));
    const named = runs === 1 ? `${name} (timed once)` : name;
    return [named, version, seconds(inProcessMs), seconds(wholeProcessMs), peakRssMb.toFixed(0), ...told];
  });
  const head = [
    'engine',
    'version',
    'in process, s',
    'whole process, s',
    'peak MB',
    ...scans.map((scan) => `${scan} to it`),
  ];
  const lines = [head, head.map((_, i) => (i < 2 || i > 4 ? '---' : '--:')), ...rows];
  return [
    ...lines.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    ...fastest.map(
      ({ engine, to, inProcess, wholeProcess }) => `- ${engine} to the fastest (${to}): ${inProcess} / ${wholeProcess}`,
    ),
    ...threads.map(({ engine, inProcess }) => `- ${engine}: ${inProcess} times as fast as with one thread, in process`),
  ].join('\n');
}

function ratioOf(scan: EngineFigures, inProcess: EngineFigures, whole: EngineFigures) {
  return {
    inProcess: rounded(scan.inProcessMs / inProcess.inProcessMs),
    wholeProcess: rounded(scan.wholeProcessMs / whole.wholeProcessMs),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
