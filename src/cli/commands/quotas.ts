import type { Command } from 'commander';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatQuotas } from '../format/quotas.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

/** `millrace quotas`: what is left of quotas, and of whom. */
export function registerQuotas(program: Command, { io }: CommandContext): void {
  addCommonFlags(program.command('quotas').description('what is left of quotas, and of whom'))
    .addHelpText('after', examples('millrace quotas', 'millrace quotas --key-file admin.key --json'))
    .action(async (flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('GET /quotas', {});
      io.stdout.write(flags.json ? formatJson(body) : formatQuotas(body, io.stdout));
    });
}
