import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../../core/index.js';
import { maxTextBytesOption } from '../shared/text-body/option.js';
import { httpAndGrpcSwitch } from '../switch-options.js';

/** The API of Text Embeddings Inference. */
export const TeiOptionsSchema = Type.Object(
  {
    ...httpAndGrpcSwitch('the API of Text Embeddings Inference', true),
    model: Type.String({
      default: '',
      description:
        "Model that answers at `tei.httpPort` and over gRPC, where requests do not name it, as Text Embeddings Inference does; '' = the only one with the task of the request.",
    }),
    maxTextBytes: maxTextBytesOption(),
  },
  { additionalProperties: false },
);

export type TeiOptions = DeepReadonly<Static<typeof TeiOptionsSchema>>;
