import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { MillraceError } from '../../core/index.js';
import type { Store, StoreInfo } from '../../store/index.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatFields } from '../format/table.js';
import { formatBytes } from '../format/units.js';
import type { Io } from '../io.js';
import { loadSettingsFor } from '../setting-flags.js';
import { useStore } from '../use-store.js';

interface StoreFlags {
  readonly config?: string;
  readonly path?: string;
  readonly json?: true;
}

/** `millrace store …`: the file that outlives a server, whether or not one uses it at the moment. */
export function registerStore(program: Command, { io }: CommandContext): void {
  const store = program
    .command('store')
    .description('look at the file that outlives a server, and copy it while it is in use')
    .addHelpText('after', examples('millrace store info', 'millrace store backup /backups/store.db'));
  addCommon(store.command('info').description('its path, size, schema, and how much it holds')).action(
    async (flags: StoreFlags) => {
      const info = await withStore(io, flags, (opened) => opened.info());
      if (info !== undefined) io.stdout.write(flags.json ? formatJson(info) : formatInfo(info));
    },
  );
  addCommon(store.command('backup <file>').description('write all of it to a new file')).action(
    async (file: string, flags: StoreFlags) => {
      const to = path.resolve(io.cwd, file);
      const from = await withStore(io, flags, async (opened, at) => {
        await opened.backup(to);
        return at;
      });
      io.stdout.write(flags.json ? formatJson({ from, to }) : `copied ${from} to ${to}\n`);
    },
  );
}

function addCommon(command: Command): Command {
  return command
    .option('-c, --config <file>', 'settings file (default: $MILLRACE_CONFIG, else millrace.yaml if there is one)')
    .option('--path <file>', 'the store (default: store.path of the settings)')
    .option('--json', 'print JSON');
}

/** `not_found` where nothing has been stored yet. */
async function withStore<T>(
  io: Io,
  { config, path: given }: StoreFlags,
  use: (store: Store, file: string) => Promise<T>,
): Promise<T> {
  const settings = await loadSettingsFor(io, config === undefined ? {} : { config });
  const file = path.resolve(io.cwd, given ?? settings.store.path);
  if (!existsSync(file)) {
    throw new MillraceError(
      'not_found',
      `there is no store at '${file}'; a server makes it when something is first declared, or name another with --path`,
    );
  }
  return useStore({ ...settings.store, path: file }, (store) => use(store, file));
}

function formatInfo({ path: file, sizeBytes, schema, counts }: StoreInfo): string {
  const rows = Object.entries(counts).map(([name, count]) => [name.replaceAll('_', ' '), String(count)] as const);
  return formatFields([['path', file], ['size', formatBytes(sizeBytes)], ['schema', String(schema)], ...rows]);
}
