import type { Command } from 'commander';
import type { WebhookSecret } from '../../api/index.js';
import { connectToApi } from '../api.js';
import { examples } from '../command.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

interface SecretFlags extends CommonFlags {
  readonly rotate?: true;
}

/** `millrace jobs webhook-secret`: what receivers check notifications with. */
export function registerWebhookSecret(jobs: Command, io: Io): void {
  const command = jobs
    .command('webhook-secret')
    .description("the age of the secret that the caller's webhooks are signed with; create or rotate it")
    .option('--rotate', 'create a secret and print it, this once; the one before stays valid for a while')
    .addHelpText(
      'after',
      examples('millrace jobs webhook-secret --rotate > secret.txt', 'millrace jobs webhook-secret'),
    );
  addCommonFlags(command).action(async ({ rotate, ...flags }: SecretFlags) => {
    const api = await connectToApi(io, flags);
    if (!rotate) {
      const { body } = await api.ask('GET /webhook-secret', {});
      io.stdout.write(flags.json ? formatJson(body) : formatSecret(body));
      return;
    }
    const { body } = await api.ask('POST /webhook-secret', {});
    io.stdout.write(flags.json ? formatJson(body) : `${body.secret}\n`);
    if (body.previous_ends_at !== undefined) io.stderr.write(`${previousUntil(body.previous_ends_at)}\n`);
  });
}

function formatSecret({ created_at: createdAt, previous_ends_at: until }: WebhookSecret): string {
  if (createdAt === undefined) return 'there is no secret: millrace jobs webhook-secret --rotate\n';
  return `created ${createdAt}\n${until === undefined ? '' : `${previousUntil(until)}\n`}`;
}

function previousUntil(until: string): string {
  return `webhooks are signed with the previous secret, too, until ${until}`;
}
