import type { Audited } from '../governance/index.js';
import type { Jobs } from './jobs.js';
import type { JobUseCases } from './types.js';

interface SecretSetup {
  readonly jobs: Jobs;
  readonly audited: Audited;
}

type SecretUseCases = Pick<JobUseCases, 'webhookSecret' | 'showWebhookSecret' | 'rotateWebhookSecret'>;

/** The secrets that callers check notifications with: each caller has its own. */
export function createSecretUseCases({ jobs, audited }: SecretSetup): SecretUseCases {
  const { secrets } = jobs.webhooks;
  const changing =
    (verb: 'show' | 'rotate'): SecretUseCases['showWebhookSecret'] =>
    (call) => {
      const { name, ownerId } = call.principal;
      // Of any model: without it, a caller has no jobs.
      const subject = { action: `webhookSecret.${verb}`, resource: name, right: 'model.infer', on: [''] } as const;
      return audited(call, subject, async () => {
        await jobs.opened();
        return secrets[verb](ownerId);
      });
    };
  return {
    webhookSecret: ({ principal }) => secrets.info(principal.ownerId),
    showWebhookSecret: changing('show'),
    rotateWebhookSecret: changing('rotate'),
  };
}
