import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

const DAY_MS = 86_400_000;

const Hosts = (description: string) =>
  Type.Array(Type.String({ pattern: '^(\\*\\.)?[^*/@\\s]+$', maxLength: 255 }), { default: [], description });

/** `jobs.webhooks` of the settings. */
export const WebhooksOptionsSchema = Type.Object(
  {
    allow: Hosts(
      'Hosts that jobs of all principals may name as receivers (`x-millrace-job-webhook`): `hooks.example.com`, or `*.example.com` for the names below it; with a port (`hooks.example.com:8443`) where it is not the default port of the scheme. Empty: none.',
    ),
    allowFor: Type.Record(
      Type.String(),
      Type.Array(Type.String({ pattern: '^(\\*\\.)?[^*/@\\s]+$', maxLength: 255 })),
      {
        default: {},
        description: 'The same for jobs of one principal, by its name.',
      },
    ),
    allowPrivate: Hosts(
      'Allowed hosts that may have internal addresses, and URLs with `http:`: receivers in the own network. In the form of `allow`.',
    ),
    caFile: Type.String({
      default: '',
      description:
        'PEM file of the authorities that have signed the certificates of receivers. Default: those that Node.js trusts.',
      'x-path': true,
    }),
    origin: Type.String({
      default: 'millrace',
      pattern: '^[A-Za-z0-9.-]{1,253}$',
      description:
        'Name of this server in the handshake with receivers (`WebHook-Request-Origin` of CloudEvents): its DNS name.',
    }),
    format: Type.Union([Type.Literal('standard'), Type.Literal('cloudevents')], {
      default: 'standard',
      description:
        'Body of notifications: `standard` (Standard Webhooks: `type`, `timestamp`, `data`), or `cloudevents` (CloudEvents 1.0, structured JSON). Callers may choose by `x-millrace-job-webhook-format`.',
    }),
    maxAnswerBytes: Type.Integer({
      default: 262_144,
      minimum: 0,
      maximum: 4_194_304,
      description: 'Largest answer that a notification includes (`x-millrace-job-webhook-include: answer`).',
    }),
    maxAttempts: Type.Integer({
      default: 16,
      minimum: 1,
      maximum: 100,
      description: 'Attempts to deliver a notification.',
    }),
    maxAgeMs: Type.Integer({
      default: DAY_MS / 2,
      minimum: 1_000,
      maximum: 31 * DAY_MS,
      description:
        "How long after a job's end its notification is attempted. Until it is delivered or given up, the job is kept.",
    }),
    retryBackoffMs: Type.Integer({
      default: 5_000,
      minimum: 10,
      maximum: 3_600_000,
      description: 'Wait before the second attempt. It doubles with each further one.',
    }),
    maxRetryBackoffMs: Type.Integer({
      default: 3_600_000,
      minimum: 10,
      maximum: DAY_MS,
      description: 'Longest wait between two attempts, also where a receiver asks for more by `Retry-After`.',
    }),
    timeoutMs: Type.Integer({
      default: 15_000,
      minimum: 100,
      maximum: 120_000,
      description: 'Longest time of one request to a receiver.',
    }),
    concurrency: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1_024,
      description: 'Requests to receivers at once.',
    }),
    concurrencyPerHost: Type.Integer({
      default: 4,
      minimum: 1,
      maximum: 1_024,
      description: 'Requests to one host at once; one principal has at most half of them.',
    }),
    concurrencyPerPrincipal: Type.Integer({
      default: 8,
      minimum: 1,
      maximum: 1_024,
      description: 'Requests on behalf of one principal at once.',
    }),
    ratePerHost: Type.Number({
      default: 20,
      minimum: 0.01,
      maximum: 10_000,
      description: 'Most attempts a second to one host.',
    }),
    consentMaxAgeMs: Type.Integer({
      default: DAY_MS,
      minimum: 1_000,
      maximum: 31 * DAY_MS,
      description: 'How long the consent of a receiver (its answer to the handshake) is valid for a principal.',
    }),
    secretOverlapMs: Type.Integer({
      default: DAY_MS,
      minimum: 0,
      maximum: 31 * DAY_MS,
      description: 'After a rotation, notifications are also signed with the previous secret for this long.',
    }),
  },
  { additionalProperties: false, default: {} },
);

export type WebhooksOptions = DeepReadonly<Static<typeof WebhooksOptionsSchema>>;
