import {
  bytesElements,
  bytesOf,
  type Datatype,
  invalidParameter,
  type MediaSpec,
  type Parameters,
  type Tensor,
} from '../../core/index.js';
import { type Batch, type BatchItem, type BatchTiming, type Emission, type Emit, failedItem } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import type { RuntimeContext } from '../runtime-context.js';
import type { DecodeAudio } from './audio/decode.js';
import type { DecodedRows, NumericDatatype } from './decoded.js';
import type { DecodeImage } from './image/decode.js';

/** What decodes; of one kind or the other. */
export type Decode =
  | { readonly kind: 'image'; readonly decode: DecodeImage }
  | { readonly kind: 'audio'; readonly decode: DecodeAudio };

const OUTPUT = 'rows';

/** Encoded bytes in, rows of an input out; what they become is in the parameters `media` and `datatype`. */
export class MediaModel implements LoadedModel {
  readonly description: Description = {
    signature: {
      inputs: [{ name: 'content', datatype: 'BYTES', shape: [1], batchAxis: null, optional: false }],
      // Of the type that is asked for.
      outputs: [{ name: OUTPUT, datatype: 'FP32', shape: [-1, -1], batchAxis: null, optional: false }],
    },
    maxBatchSize: 0,
    pure: true,
    batchInvariant: true,
    decoupled: false,
    stateful: false,
    concurrency: 1,
    needsEventLoop: false,
    readsInPlace: true,
    wantsContext: false,
    textOnly: false,
    platform: 'millrace_media',
  };
  readonly #decoder: Decode;
  readonly #context: RuntimeContext;

  constructor(decoder: Decode, context: RuntimeContext) {
    this.#decoder = decoder;
    this.#context = context;
  }

  async execute({ items }: Batch, emit: Emit): Promise<BatchTiming> {
    const { clock } = this.#context;
    const startedAt = clock.now();
    for (const item of items) emit([await this.#answer(item)]);
    return { computeInputMs: 0, computeInferMs: clock.now() - startedAt, computeOutputMs: 0 };
  }

  cancel(): void {}

  async close(): Promise<void> {}

  async #answer({ callId, inputs, parameters }: BatchItem): Promise<Emission> {
    try {
      const [content] = bytesElements((inputs[0] as Tensor).data);
      const datatype = datatypeOf(parameters);
      const { shape, data } = await this.#decode(content as Uint8Array, parameters, datatype);
      return { callId, outputs: [{ name: OUTPUT, datatype, shape, data: bytesOf(data) }], final: true };
    } catch (error) {
      return failedItem({ callId }, error);
    }
  }

  #decode(bytes: Uint8Array, { media }: Parameters, datatype: NumericDatatype): Promise<DecodedRows> {
    // The server itself writes them.
    const spec = media as unknown as MediaSpec;
    const { kind, decode } = this.#decoder;
    if (kind === 'image' && spec.kind === 'image') return decode(bytes, spec, datatype);
    if (kind === 'audio' && spec.kind === 'audio') return decode(bytes, spec, datatype);
    throw invalidParameter('media', `expected what becomes of ${kind}, got ${spec.kind}`);
  }
}

function datatypeOf({ datatype }: Parameters): NumericDatatype {
  const known = datatype as Datatype;
  if (known === 'BYTES' || known === 'BOOL') {
    throw invalidParameter('datatype', `expected one of numbers, got ${known}`);
  }
  return known;
}
