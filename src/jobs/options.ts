import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';
import { WebhooksOptionsSchema } from '../webhooks/index.js';

const DAY_MS = 86_400_000;

/** Which callers may name which objects. */
const ObjectRuleSchema = Type.Object(
  {
    principal: Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'Whose jobs and batches: `key:ci`, `key:*`, `oidc:corp/*`, `cert:*`, `app:*`, `anonymous`, `*`.',
    }),
    group: Type.Optional(
      Type.String({ minLength: 1, maxLength: 512, description: 'Only of callers with this group. Default: of all.' }),
    ),
    prefixes: Type.Array(Type.String({ maxLength: 1_100 }), {
      minItems: 1,
      maxItems: 100,
      description:
        '`s3://bucket/folder/`: objects below it; without the slash at its end, the object of that name, too. Inputs of batches may also be `https://host/folder/`: files of that web server below it.',
    }),
  },
  { additionalProperties: false },
);

const ObjectRules = (description: string) =>
  Type.Array(ObjectRuleSchema, { default: [], maxItems: 1_000, description });

/** `jobs` of the settings. */
export const JobsOptionsSchema = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description:
        'Whether `Prefer: respond-async` stores a request as a job, in the store, and answers 202. Otherwise the header is ignored.',
    }),
    concurrency: Type.Integer({ default: 64, minimum: 1, maximum: 4_096, description: 'Jobs that run at once.' }),
    concurrencyPerModel: Type.Integer({
      default: 32,
      minimum: 1,
      maximum: 4_096,
      description: 'Jobs of one model that run at once; batches are made of them.',
    }),
    maxOpenPerPrincipal: Type.Integer({
      default: 10_000,
      minimum: 1,
      description: 'Jobs of one principal that are queued or run. More are refused with 503.',
    }),
    maxBytesPerPrincipal: Type.Integer({
      default: 268_435_456,
      minimum: 1_048_576,
      description:
        'Bytes of requests and answers that are stored for one principal, and 4 KiB for each of its jobs. More are refused with 503; a job whose answer does not fit fails.',
    }),
    maxBytes: Type.Integer({
      default: 536_870_912,
      minimum: 1_048_576,
      description:
        'The same for all principals together. Bodies up to 32 KiB are in the store: keep it below `store.maxSizeBytes`.',
    }),
    maxAgeMs: Type.Integer({
      default: DAY_MS,
      minimum: 1_000,
      maximum: 31 * DAY_MS,
      description: 'A job that has not ended so long after its submission expires. Callers may ask for less.',
    }),
    keepMs: Type.Integer({
      default: DAY_MS,
      minimum: 1_000,
      maximum: 366 * DAY_MS,
      description: 'A job that has ended, and its answer, are removed so long after its end. Callers may ask for less.',
    }),
    runTimeoutMs: Type.Integer({
      default: 3_600_000,
      minimum: 1_000,
      maximum: DAY_MS,
      description: 'Longest time of one attempt, in place of `server.requestTimeoutMs`.',
    }),
    maxAttempts: Type.Integer({
      default: 3,
      minimum: 1,
      maximum: 100,
      description:
        'Attempts of a job whose model fails or whose server ends while it runs. Attempts that are refused before a model runs (overload, quotas) do not count.',
    }),
    retryBackoffMs: Type.Integer({
      default: 1_000,
      minimum: 10,
      maximum: 3_600_000,
      description: 'Wait before the second attempt. It doubles with each further one.',
    }),
    maxRetryBackoffMs: Type.Integer({
      default: 60_000,
      minimum: 10,
      maximum: DAY_MS,
      description: 'Longest wait between two attempts.',
    }),
    missingModel: Type.Union([Type.Literal('fail'), Type.Literal('wait'), Type.Literal('latest')], {
      default: 'fail',
      description:
        'A job whose model or version is not there when it starts: `fail` ends it, `wait` tries again until it expires, `latest` runs the version that answers for the model in place of one that the request names by its number.',
    }),
    inputs: Type.Object(
      {
        allow: ObjectRules(
          'Objects of the [object store](object-stores.md) that jobs and [batches](batch.md#objects) may read as requests, and files of web servers (`https:`) that batches may read, by caller. Default: none.',
        ),
        allowPrivate: Type.Array(Type.String({ pattern: '^(\\*\\.)?[^*/@\\s]+$', maxLength: 255 }), {
          default: [],
          description:
            'Hosts of `https:` inputs that may have internal addresses: `files.corp.example`, or `*.corp.example` for the names below it; with a port where it is not 443. They need a prefix in `allow`, too.',
        }),
        caFile: Type.String({
          default: '',
          description:
            'PEM file of the authorities that have signed the certificates of `https:` inputs. Default: those that Node.js trusts.',
          'x-path': true,
        }),
        maxBytes: Type.Integer({
          default: 67_108_864,
          minimum: 1,
          maximum: 2_147_483_647,
          description:
            'Largest object that a job reads as its request; at most `server.maxInputBytes` counts. Of batches: `files.maxFileBytes`.',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    outputs: Type.Object(
      {
        allow: ObjectRules(
          'Objects (`s3:`) that jobs and [batches](batch.md#objects) may write answers to, by caller. Default: none.',
        ),
      },
      { additionalProperties: false, default: {} },
    ),
    identityMaxAgeMs: Type.Integer({
      default: DAY_MS,
      minimum: 1_000,
      maximum: 31 * DAY_MS,
      description:
        'A job, or a request of a batch, of a caller with a token or a certificate does not start later than this after its submission, nor after the end of the token or certificate: its groups may have changed.',
    }),
    webhooks: WebhooksOptionsSchema,
  },
  { additionalProperties: false, default: {} },
);

export type JobsOptions = DeepReadonly<Static<typeof JobsOptionsSchema>>;
