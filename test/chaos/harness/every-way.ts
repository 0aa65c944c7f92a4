import { status as Code } from '@grpc/grpc-js';
import { protoBytes, protoJson } from '../../support/grpc-messages.js';
import { GrpcClient } from '../../support/grpc-server.js';

const SERVICE = '/inference.GRPCInferenceService';
const VALUE = 7;

export interface EveryWay {
  readonly http: string;
  readonly grpc: string;
  /** Models of one answer. */
  readonly unary: readonly string[];
  /** Models that are asked through streams. */
  readonly streams: readonly string[];
}

/** Asks models at once in every way that there is, and says what came of it: the value that was sent, or an error. */
export function askInEveryWay({ http, grpc, unary, streams }: EveryWay): Promise<readonly string[]> {
  const client = new GrpcClient(grpc);
  return Promise.all([
    ...unary.map(async (model) => `infer ${model}: ${await overHttp(`${http}/v2/models/${model}/infer`)}`),
    ...unary.map(async (model) => `ModelInfer ${model}: ${await overGrpc(client, model)}`),
    ...streams.map(async (model) => {
      return `generate_stream ${model}: ${await overHttp(`${http}/v2/models/${model}/generate_stream`)}`;
    }),
    ...streams.map(async (model) => `ModelStreamInfer ${model}: ${await overGrpcStream(client, model)}`),
  ]);
}

async function overHttp(url: string): Promise<string> {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [VALUE] }];
  const body = url.endsWith('_stream') ? { x: VALUE } : { inputs };
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { connection: 'close' } });
  const answer = JSON.parse((await response.text()).replace(/^data: /, ''));
  if (answer.error !== undefined) return `${response.status} ${answer.error}`;
  return String(answer.y ?? answer.outputs[0].data[0]);
}

async function overGrpc(client: GrpcClient, model: string): Promise<string> {
  const { message, status } = await client.unary(messageTo(model), { path: `${SERVICE}/ModelInfer` });
  if (status.code !== Code.OK) return `${Code[status.code]} ${status.details}`;
  return valueIn(protoJson('ModelInferResponse', [message ?? Buffer.alloc(0)]));
}

function overGrpcStream(client: GrpcClient, model: string): Promise<string> {
  const stream = client.stream({ path: `${SERVICE}/ModelStreamInfer` });
  return new Promise((resolve) => {
    stream.on('data', (bytes: Buffer) => {
      const answer = protoJson('ModelStreamInferResponse', [bytes]) as {
        readonly error_message: string;
        readonly infer_response: unknown;
      };
      resolve(answer.error_message === '' ? valueIn(answer.infer_response) : answer.error_message);
    });
    stream.on('error', () => undefined);
    stream.on('status', ({ code, details }) => resolve(`${Code[code]} ${details}`));
    stream.write(Buffer.from(messageTo(model)));
    stream.end();
  });
}

function messageTo(model: string): Uint8Array {
  return protoBytes('ModelInferRequest', {
    model_name: model,
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '1'] }],
    raw_input_contents: [Buffer.from(Float32Array.of(VALUE).buffer).toString('base64')],
  });
}

function valueIn(response: unknown): string {
  const { raw_output_contents } = response as { readonly raw_output_contents: readonly string[] };
  return String(Buffer.from(raw_output_contents[0] ?? '', 'base64').readFloatLE());
}
