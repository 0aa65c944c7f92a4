import type { Command } from 'commander';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatReload } from '../format/reload.js';
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
