/** A part of the demo: shown while it runs, with its result as title when it is done. */
export interface DemoTask {
  title: string;
  /** Does it; gives the title that it has afterwards. */
  run: (say: (message: string) => void) => Promise<string>;
}

/**
 * Runs tasks one after the other: as a list that moves on a terminal, as plain lines elsewhere; or without a word.
 * @param stopped aborted when the demo is to stop. Its reason is then what the task under way failed with, whatever that met on its way out.
 */
export async function runTasks(tasks: readonly DemoTask[], stopped: AbortSignal, silent: boolean): Promise<void> {
  // listr2 is an ES module; this package is not.
  const { Listr } = await import('listr2');
  const list = tasks.map(({ title, run }) => ({
    title,
    task: async (_: unknown, task: { title?: string; output?: string }) => {
      task.title = await run((message) => (task.output = message)).catch((error: unknown) => {
        throw stopped.aborted ? stopped.reason : error;
      });
    },
  }));
  await new Listr(list, {
    concurrent: false,
    fallbackRenderer: 'simple',
    silentRendererCondition: silent,
    // Ctrl-C is the caller’s: processes have to be ended first.
    registerSignalListeners: false,
  }).run();
}
