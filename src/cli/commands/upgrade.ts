import type { Command } from 'commander';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

/** `millrace upgrade`: another process takes a server's place. */
export function registerUpgrade(program: Command, { io }: CommandContext): void {
  addCommonFlags(
    program
      .command('upgrade')
      .description('replace a server by a new process of the program at its path, while it answers'),
  )
    .addHelpText(
      'after',
      `${examples('millrace upgrade', 'millrace upgrade --url https://models.example.com --key-file operator.key --json')}

The new process is started with the arguments of the old one, takes over its sockets and reads all settings. It answers once its models have
loaded; then the old one finishes what it has accepted, and ends. A new process that does not get so far changes nothing: the exit code
is 1, and the error says why.`,
    )
    .action(async (flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('POST /upgrade', {});
      io.stdout.write(flags.json ? formatJson(body) : `process ${body.pid} serves (millrace ${body.version})\n`);
    });
}
