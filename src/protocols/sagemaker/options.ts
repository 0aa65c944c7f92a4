import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';
import { httpSwitch } from '../switch-options.js';

/** Amazon SageMaker's container contract and runtime API. */
export const SageMakerOptionsSchema = Type.Object(
  {
    ...httpSwitch("SageMaker's container contract and runtime API", false, {
      enabled: '--allow-sagemaker',
      httpPort: '--sagemaker-port',
    }),
    model: Type.String({
      default: '',
      description:
        "The model that `/invocations` means, and endpoints that have no model's name. Default: the only loaded one that the caller may infer.",
    }),
    asyncOutput: Type.String({
      default: '',
      description:
        '`s3://<bucket>/<folder>/` of the [object store](object-stores.md) for the answers of `InvokeEndpointAsync`, below a prefix of `jobs.outputs.allow` for each caller of it. Default: it is refused.',
    }),
    accessKeys: Type.Array(
      Type.Object(
        {
          id: Type.String({ minLength: 1, pattern: '^[A-Za-z0-9]+$', description: 'The access key id of the client.' }),
          secret: Type.String({
            minLength: 16,
            description: 'The secret access key; use `${env:NAME}` or `${file:path}`.',
            'x-secret': true,
          }),
          key: Type.String({
            minLength: 1,
            description: 'Name of the key in `auth.keys` in whose place it signs, with the scopes of that.',
          }),
        },
        { additionalProperties: false },
      ),
      {
        default: [],
        description:
          'AWS access keys with which clients such as boto3 sign their requests (Signature Version 4). They are read at start.',
      },
    ),
  },
  { additionalProperties: false },
);

export type SageMakerOptions = DeepReadonly<Static<typeof SageMakerOptionsSchema>>;
