import { type Command, Option } from 'commander';
import { connectToApi } from '../api.js';
import { examples } from '../command.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

interface SecretFlags extends CommonFlags {
  readonly rotate?: true;
  readonly info?: true;
}

/** `millrace jobs webhook-secret`: what receivers check notifications with. */
export function registerWebhookSecret(jobs: Command, io: Io): void {
  const command = jobs
    .command('webhook-secret')
    .description("show the secret that the caller's webhooks are signed with, once")
    .addOption(new Option('--rotate', 'replace it; the one before stays valid for a while').conflicts('info'))
    .addOption(new Option('--info', 'its times, without the secret'))
    .addHelpText(
      'after',
      examples('millrace jobs webhook-secret > secret.txt', 'millrace jobs webhook-secret --rotate'),
    );
  addCommonFlags(command).action(async (flags: SecretFlags) => {
    const api = await connectToApi(io, flags);
    if (flags.info) {
      const { body } = await api.ask('GET /webhook-secret', {});
      io.stdout.write(formatJson(body));
      return;
    }
    const { body } = await api.ask(flags.rotate ? 'POST /webhook-secret/rotate' : 'POST /webhook-secret', {});
    io.stdout.write(flags.json ? formatJson(body) : `${body.secret}\n`);
    if (body.previous_until !== undefined && !flags.json) {
      io.stderr.write(`notifications are also signed with the previous secret until ${body.previous_until}\n`);
    }
  });
}
