import type { DialectContext } from '../dialect.js';
import type { Route } from '../route.js';
import { targetOf } from '../shared/target.js';
import { binaryDataAt } from './decode-infer.js';
import { createGenerateHandler } from './generate.js';
import { createInferHandler } from './infer.js';
import { describeInfer } from './openapi.js';
import { describeGenerate } from './openapi-generate.js';

const INFERENCE = {
  method: 'POST',
  tag: 'inference',
  access: 'key',
  control: false,
  inference: true,
  body: { kind: 'bytes' },
} as const;
const PREFIXES = ['/v2/models/{model}', '/v2/models/{model}/versions/{version}'] as const;

/** The routes that run models: infer of the protocol, generate and generate_stream of Triton. */
export function createInferenceRoutes(context: DialectContext): readonly Route[] {
  const infer = createInferHandler(context);
  const generate = createGenerateHandler(context);
  return PREFIXES.flatMap((prefix): readonly Route[] => [
    {
      ...INFERENCE,
      path: `${prefix}/infer`,
      summary: prefix.endsWith('{version}') ? 'Runs one version of a model' : 'Runs a model',
      body: { kind: 'bytes', dataAt: binaryDataAt },
      operation: describeInfer(),
      handle: (call, request) => infer(call, targetOf(request), request),
    },
    {
      ...INFERENCE,
      path: `${prefix}/generate`,
      summary: 'Runs a model on plain JSON',
      operation: describeGenerate({ stream: false }),
      handle: (call, request) => generate(call, { ...targetOf(request), stream: false }, request),
    },
    {
      ...INFERENCE,
      path: `${prefix}/generate_stream`,
      summary: 'Runs a model and streams its answers',
      streams: true,
      operation: describeGenerate({ stream: true }),
      handle: (call, request) => generate(call, { ...targetOf(request), stream: true }, request),
    },
  ]);
}
