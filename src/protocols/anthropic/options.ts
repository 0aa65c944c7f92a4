import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';
import { schemaRetriesOption, unknownParametersOption } from '../shared/generation/options.js';
import { maxTextBytesOption } from '../shared/text-body/option.js';
import { httpSwitch } from '../switch-options.js';

/** Anthropic's Messages. */
export const AnthropicOptionsSchema = Type.Object(
  {
    ...httpSwitch("Anthropic's Messages API", true),
    unknownParameters: unknownParametersOption(),
    schemaRetries: schemaRetriesOption(),
    maxTextBytes: maxTextBytesOption(),
  },
  { additionalProperties: false },
);

export type AnthropicOptions = DeepReadonly<Static<typeof AnthropicOptionsSchema>>;
