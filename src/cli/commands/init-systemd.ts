import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { loadSettings } from '../../config/index.js';
import { invalidArgument } from '../../core/index.js';
import { examples } from '../command.js';
import { writeNamed } from '../files.js';
import type { Io } from '../io.js';
import { systemdUnits } from '../systemd-units.js';

interface Flags {
  readonly config: string;
  readonly user: string;
  readonly output?: string;
}

/** Runners that the unit leaves open files for; more need a higher `LimitNOFILE=`. */
const RUNNERS = 64;
/** As useradd(8) and systemd take it. */
const USER = /^[a-z_][a-z0-9_-]{0,30}$/;

/** `millrace init systemd`: units that run the server with a settings file. */
export function registerInitSystemd(init: Command, io: Io): void {
  init
    .command('systemd')
    .description('print a service unit and a socket unit for systemd, or write them to a folder')
    .requiredOption('-c, --config <file>', 'settings file that the service runs with; times and limits follow from it')
    .option('--user <name>', 'user that runs the service; one who does not exist is made while it runs', 'millrace')
    .option('--output <folder>', 'write millrace.service and millrace.socket there, where they do not exist yet')
    .addHelpText(
      'after',
      examples(
        'millrace init systemd --config /etc/millrace/millrace.yaml',
        'millrace init systemd --config /etc/millrace/millrace.yaml --output /etc/systemd/system',
      ),
    )
    .action((flags: Flags) => initSystemd(io, flags));
}

async function initSystemd(io: Io, { config, user, output }: Flags): Promise<void> {
  if (!USER.test(user)) throw invalidArgument(`--user: expected the name of a user, got '${user}'`);
  const file = path.resolve(io.cwd, config);
  // The environment of this shell is not that of the service.
  const settings = loadSettings({ file, env: {}, flags: {}, cwd: io.cwd });
  const entry = fileURLToPath(new URL('../main.js', import.meta.url));
  const command = [process.execPath, entry, 'serve', '--config', file];
  const units = Object.entries(systemdUnits({ command, settings, user, runners: RUNNERS }));
  if (output === undefined) {
    io.stdout.write(units.map(([name, text]) => `# ${name}\n${text}`).join('\n'));
    return;
  }
  for (const [name, content] of units) {
    await writeNamed(io, path.join(output, name), { content, newFolders: true, newFile: true });
    io.stdout.write(`wrote ${path.join(output, name)}\n`);
  }
}
