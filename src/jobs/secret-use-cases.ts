import type { Audited } from '../governance/index.js';
import type { Jobs } from './jobs.js';
import type { JobUseCases } from './types.js';

interface SecretSetup {
  readonly jobs: Jobs;
  readonly audited: Audited;
}

type SecretUseCases = Pick<JobUseCases, 'webhookSecret' | 'rotateWebhookSecret'>;

/** The secrets that callers check notifications with: each caller has its own. */
export function createSecretUseCases({ jobs, audited }: SecretSetup): SecretUseCases {
  const { secrets } = jobs.webhooks;
  return {
    webhookSecret: ({ principal }) => secrets.info(principal.ownerId),
    rotateWebhookSecret(call) {
      const { name, ownerId } = call.principal;
      // Of any model: without it, a caller has no jobs.
      const subject = { action: 'webhookSecret.rotate', resource: name, right: 'model.infer', on: [''] } as const;
      return audited(call, subject, async () => {
        await jobs.opened();
        return secrets.rotate(ownerId);
      });
    },
  };
}
