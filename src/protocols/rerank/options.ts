import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';
import { maxTextBytesOption } from '../shared/text-body/option.js';
import { httpSwitch } from '../switch-options.js';

/** The rerank API of Cohere, Jina and vLLM, and Cohere's embeddings. */
export const RerankOptionsSchema = Type.Object(
  {
    ...httpSwitch("the rerank API of Cohere, Jina and vLLM, and Cohere's embeddings", true),
    maxTextBytes: maxTextBytesOption(),
  },
  { additionalProperties: false },
);

export type RerankOptions = DeepReadonly<Static<typeof RerankOptionsSchema>>;
