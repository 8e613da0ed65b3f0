import type { Command } from 'commander';

/** Commands by name, each in a file of its own that is loaded only when it is needed: starting is quick. */
export type Commands = Readonly<Record<string, () => Promise<(program: Command) => void>>>;

/** Commands that need nothing that runs; `npm run build` makes one file of them and all that they import. */
export const LOCAL_COMMANDS: Commands = {
  check: async () => (await import('./commands/check.js')).checkCommand,
  profile: async () => (await import('./commands/profile.js')).profileCommand,
  drift: async () => (await import('./commands/drift.js')).driftCommand,
  suite: async () => (await import('./commands/suite.js')).suiteCommand,
};
