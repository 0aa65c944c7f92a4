import { isUtf8 } from 'node:buffer';
import { bytesElements, type InferResponse, type Signature, type Tensor, type Turns } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import { createInstancesEncoder, type InstancesEncoder } from '../shared/instances/encode.js';
import { asksForLabels, labelRows } from '../shared/media/label-rows.js';
import type { WireResponse } from '../wire.js';
import type { PredictionForm } from './decode-json.js';
import type { DecodedPrediction } from './decode-prediction.js';

const TEXT_HEADERS = { 'content-type': 'text/plain; charset=utf-8' } as const;
const BYTES_HEADERS = { 'content-type': 'application/octet-stream' } as const;

/** Answers as TorchServe's default handlers give them: values as JSON, labels with their scores, texts as they are. */
export class PredictionEncoder {
  readonly #encode: InstancesEncoder;

  constructor(turns: Turns) {
    this.#encode = createInstancesEncoder(turns);
  }

  /** The whole answer. */
  encode({ form, request }: DecodedPrediction, response: InferResponse, signature: Signature) {
    const { outputs } = response;
    if (asksForLabels(request)) return jsonResponse(inForm(form, labelRows(outputs)));
    if (form === 'envelope') return this.#encode({ format: 'row', outputs });
    const isBatch = outputs.length > 0 && outputs.every(({ name }) => isBatched(name, signature));
    if (form === 'rows') return this.#encode({ format: isBatch ? 'row' : 'column', outputs, bare: true });
    const single = isBatch && outputs.every(({ shape }) => shape[0] === 1);
    const values = single ? outputs.map((output) => ({ ...output, shape: output.shape.slice(1) })) : outputs;
    return textOf(values) ?? this.#encode({ format: 'column', outputs: values, bare: true });
  }

  /** One of many answers: the text of a model that generates, or a line of JSON. */
  async encodePiece({ outputs }: InferResponse): Promise<readonly Uint8Array[]> {
    const [only] = outputs;
    if (only !== undefined && outputs.length === 1 && only.datatype === 'BYTES')
      return bytesElements(only.data).filter(({ length }) => length > 0);
    const { body } = await this.#encode({ format: 'column', outputs, bare: true });
    return [...piecesOf(body), Buffer.from('\n')];
  }
}

/** The pieces of a body, as bytes. */
export function piecesOf(body: WireResponse['body']): readonly Uint8Array[] {
  if (typeof body === 'string') return [Buffer.from(body)];
  return body instanceof Uint8Array ? [body] : body;
}

function inForm<Row>(form: PredictionForm, rows: readonly Row[]) {
  switch (form) {
    case 'one':
      return rows.length === 1 ? rows[0] : rows;
    case 'rows':
      return rows;
    case 'envelope':
      return { predictions: rows };
    default:
      return form satisfies never;
  }
}

function isBatched(name: string, { outputs }: Signature): boolean {
  return outputs.find((output) => output.name === name)?.batchAxis === 0;
}

/** A single text, or bytes, as it is. */
function textOf(outputs: readonly Tensor[]): WireResponse | undefined {
  const [only] = outputs;
  if (only === undefined || outputs.length > 1 || only.datatype !== 'BYTES') return undefined;
  const elements = bytesElements(only.data);
  const [body] = elements;
  if (body === undefined || elements.length > 1) return undefined;
  return { status: 200, headers: isUtf8(body) ? TEXT_HEADERS : BYTES_HEADERS, body };
}
