import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';
import { maxTextBytesOption } from '../shared/text-body/option.js';
import { httpSwitch } from '../switch-options.js';

/** The API of Text Embeddings Inference. */
export const TeiOptionsSchema = Type.Object(
  { ...httpSwitch('the API of Text Embeddings Inference', true), maxTextBytes: maxTextBytesOption() },
  { additionalProperties: false },
);

export type TeiOptions = DeepReadonly<Static<typeof TeiOptionsSchema>>;
