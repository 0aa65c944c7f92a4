import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { protoBytes, protoJson } from '../../support/grpc-messages.js';
import { type Answer, HttpClient, type HttpRequest } from '../harness/http.js';
import { KEY } from './servers.js';

const SERVICE = '/inference.GRPCInferenceService/';
const DEADLINE_MS = 30_000;

/** What clients call the gateway. */
const NAME = 'models.example.com';
export const AUTHORIZED = { host: NAME, authorization: `Bearer ${KEY}` };

/** A request for the model `copy` or another one with its inputs. */
export const bodyOf = (...data: readonly number[]) =>
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [data.length], data }] });

/** The same as a message of gRPC. */
function messageOf(model: string, data: readonly number[]): Uint8Array {
  const input = { name: 'x', datatype: 'FP32', shape: [data.length], contents: { fp32_contents: data } };
  return protoBytes('ModelInferRequest', { model_name: model, inputs: [input] });
}

/** Options of TLS by a certificate's name in the folder; null = the client shows none. */
export function tlsOf(folder: string, certificate: string | null = 'client') {
  const read = (file: string) => readFileSync(path.join(folder, file));
  const shown = certificate === null ? {} : { cert: read(`${certificate}.crt`), key: read(`${certificate}.key`) };
  return { ca: read('servers.crt'), servername: NAME, ...shown };
}

/** Where a gateway is reached. */
export interface Entry {
  readonly url: string;
  /** `host:port`. */
  readonly grpcAddress: string;
}

/** An HTTP client and a gRPC client (grpc-js) of a gateway, which show a client certificate. */
export class Clients implements AsyncDisposable {
  readonly #http: HttpClient;
  readonly #grpc: Client;

  constructor({ url, grpcAddress }: Entry, tlsFolder: string) {
    const tls = tlsOf(tlsFolder);
    this.#http = new HttpClient(url, 16, tls);
    const names = { 'grpc.ssl_target_name_override': NAME, 'grpc.default_authority': NAME };
    this.#grpc = new Client(grpcAddress, credentials.createSsl(tls.ca, tls.key, tls.cert), names);
  }

  send(request: HttpRequest): Promise<Answer> {
    return this.#http.send({ ...request, headers: { ...AUTHORIZED, ...request.headers } });
  }

  infer(model: string, ...data: readonly number[]): Promise<Answer> {
    return this.send({ path: `/v2/models/${model}/infer`, body: bodyOf(...data) });
  }

  /** Resolves with the first output's bytes. Rejects with gRPC's error. */
  async grpcInfer(model: string, ...data: readonly number[]): Promise<Float32Array> {
    const input = { name: 'x', datatype: 'FP32', shape: [data.length], contents: { fp32_contents: data } };
    const answer = await this.#call(
      'ModelInfer',
      protoBytes('ModelInferRequest', { model_name: model, inputs: [input] }),
    );
    const { raw_output_contents: raw } = Object(protoJson('ModelInferResponse', [answer]));
    return new Float32Array(Uint8Array.from(Buffer.from(raw[0], 'base64')).buffer);
  }

  async ready(): Promise<boolean> {
    return (await this.send({ path: '/v2/health/ready' })).status === 200;
  }

  async grpcReady(): Promise<boolean> {
    return (await this.#call('ServerReady', Buffer.alloc(0))).length > 0;
  }

  #call(method: string, message: Uint8Array): Promise<Buffer> {
    const metadata = new Metadata();
    metadata.set('authorization', AUTHORIZED.authorization);
    const options = { deadline: Date.now() + DEADLINE_MS };
    return new Promise((resolve, reject) => {
      this.#grpc.makeUnaryRequest(
        `${SERVICE}${method}`,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes: Buffer) => bytes,
        message,
        metadata,
        options,
        (error: ServiceError | null, answer?: Buffer) =>
          error !== null || answer === undefined ? reject(error) : resolve(answer),
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.close();
    this.#grpc.close();
  }
}

/** Sends an inference over HTTP/2 from an address of this machine, with metadata of its own; resolves with gRPC's status. grpc-js cannot choose the address. */
export async function callFrom(
  { grpcAddress }: Entry,
  {
    tls,
    localAddress,
    headers,
  }: { readonly tls: string; readonly localAddress: string; readonly headers: Readonly<Record<string, string>> },
): Promise<string> {
  const [host = '', port] = grpcAddress.split(':');
  const socket = { ...tlsOf(tls), host, port: Number(port), localAddress, ALPNProtocols: ['h2'] };
  const session = connectHttp2(`https://${NAME}`, { createConnection: () => connectTls(socket) });
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      const call = session.request({
        ':method': 'POST',
        ':path': `${SERVICE}ModelInfer`,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
      const take = (fields: Readonly<Record<string, unknown>>) => {
        if (fields['grpc-status'] !== undefined) resolve(String(fields['grpc-status']));
      };
      call.on('response', take);
      call.on('trailers', take);
      call.on('error', reject);
      call.resume();
      const message = messageOf('copy', [1]);
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      call.end(Buffer.concat([prefix, message]));
    });
  } finally {
    session.close();
  }
}
