import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';
import { httpSwitch } from '../switch-options.js';

const routeOption = (path: string, what: string, variable: string) =>
  Type.String({
    default: path,
    pattern: '^/[A-Za-z0-9._~/:-]*$',
    description: `Where ${what}; Vertex AI says it in ${variable}.`,
  });

/** Google Vertex AI's container contract. */
export const VertexOptionsSchema = Type.Object(
  {
    ...httpSwitch("Vertex AI's container contract", false, {
      enabled: '--allow-vertex-ai',
      httpPort: '--vertex-ai-port',
    }),
    model: Type.String({
      default: '',
      description: 'The model that predictions are of. Default: the only loaded one that the caller may infer.',
      'x-flag': '--vertex-ai-default-model',
    }),
    healthRoute: routeOption('/health', 'the health is asked for', '`AIP_HEALTH_ROUTE`'),
    predictRoute: routeOption('/predict', 'predictions are asked for', '`AIP_PREDICT_ROUTE`'),
  },
  { additionalProperties: false },
);

export type VertexOptions = DeepReadonly<Static<typeof VertexOptionsSchema>>;
