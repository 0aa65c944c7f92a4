import type { Command } from 'commander';
import type { Reload } from '../../api/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

/** `millrace reload`: a server reads its files again. */
export function registerReload(program: Command, { io }: CommandContext): void {
  addCommonFlags(
    program
      .command('reload')
      .description(
        'reload keys, roles, bindings, certificates, routes, rollouts and log levels of a server from their files',
      ),
  )
    .addHelpText(
      'after',
      `${examples('millrace reload', 'millrace reload --url https://models.example.com --key-file operator.key --json')}

A file that cannot be used changes nothing: the exit code is 1, and the error says why.`,
    )
    .action(async (flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('POST /reload', {});
      io.stdout.write(flags.json ? formatJson(body) : formatReload(body));
    });
}

/** One line for each setting that has changed or will at the next start. */
function formatReload({ changed, needs_restart: needsRestart }: Reload): string {
  const lines = [
    ...changed.map(({ setting, file }) => `${setting} changed${file === undefined ? '' : ` (${file})`}`),
    ...needsRestart.map((setting) => `${setting} will take effect at the next start`),
  ];
  return `${lines.length === 0 ? 'nothing changed' : lines.join('\n')}\n`;
}
