import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

/** Without a user, a query or a fragment. */
export const ENDPOINT_PATTERN = '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$';

/** `objectStore` of the settings. */
export const ObjectStoreOptionsSchema = Type.Object(
  {
    endpoint: Type.String({
      default: '',
      pattern: `^$|${ENDPOINT_PATTERN}`,
      description:
        "URL of the S3 API. Default: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `endpoint_url` of the profile, else AWS's own of the region. " +
        'It may have an internal address.',
    }),
    region: Type.String({
      default: '',
      pattern: '^[a-z0-9-]*$',
      description: 'Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, `region` of the profile, else `us-east-1`.',
    }),
    addressing: Type.Union([Type.Literal('auto'), Type.Literal('path'), Type.Literal('virtual')], {
      default: 'auto',
      description:
        'Where the bucket is named: in the path, or in the host name. `auto`: in the host name at AWS, in the path at other endpoints.',
    }),
    profile: Type.String({
      default: '',
      description: 'Profile of the files of AWS. Default: `AWS_PROFILE`, else `default`.',
    }),
    instanceMetadata: Type.Boolean({
      default: false,
      description:
        'Whether credentials may come from the metadata service of an EC2 instance, where neither environment nor files have any.',
    }),
    maxAttempts: Type.Integer({
      default: 5,
      minimum: 1,
      maximum: 20,
      description: 'Attempts of a request that the store throttles or fails (429, 5xx), or whose connection breaks.',
    }),
    stallTimeoutMs: Type.Integer({
      default: 30_000,
      minimum: 1_000,
      maximum: 600_000,
      description: 'Longest time in which not a byte moves, connecting included, before an attempt is broken off.',
    }),
    maxConnections: Type.Integer({ default: 32, minimum: 1, maximum: 1_024, description: 'Open connections.' }),
  },
  { additionalProperties: false, default: {} },
);

export type ObjectStoreOptions = DeepReadonly<Static<typeof ObjectStoreOptionsSchema>>;
