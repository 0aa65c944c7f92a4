import { setTimeout as pause } from 'node:timers/promises';
import { RawClient, requestText } from '../support/raw-client.js';

interface Question {
  readonly model: string;
  readonly request: object;
  readonly outputs: unknown;
}

const QUESTIONS: readonly Question[] = [
  {
    model: 'floats',
    request: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, -2.5, 3, 4] }] },
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 4], data: [1, -2.5, 3, 4] }],
  },
  {
    model: 'texts',
    request: { inputs: [{ name: 'x', datatype: 'BYTES', shape: [2], data: ['a', 'ü'] }] },
    outputs: [{ name: 'y', datatype: 'BYTES', shape: [2], data: ['a', 'ü'] }],
  },
  {
    model: 'types',
    request: { inputs: [{ name: 'in_INT64', datatype: 'INT64', shape: [1, 2], data: [7, -8] }] },
    outputs: [{ name: 'out_INT64', datatype: 'INT64', shape: [1, 2], data: [7, -8] }],
  },
  {
    model: 'remote',
    request: { inputs: [{ name: 'in_UINT8', datatype: 'UINT8', shape: [1, 3], data: [1, 2, 255] }] },
    outputs: [{ name: 'out_UINT8', datatype: 'UINT8', shape: [1, 3], data: [1, 2, 255] }],
  },
];

/** Somebody with honest requests on the same server, who must not notice anything. */
export class Witness {
  readonly #port: number;
  readonly #problems: { add(sentence: string): void };
  #stopped = false;
  answers = 0;

  constructor(port: number, problems: { add(sentence: string): void }) {
    this.#port = port;
    this.#problems = problems;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Asks every question over and over, at least once more after being stopped. */
  async run(): Promise<void> {
    const client = await RawClient.connect(this.#port);
    for (let last = false; !last; ) {
      last = this.#stopped;
      for (const question of QUESTIONS) await this.#ask(client, question);
      await pause(10);
    }
    client.socket.destroy();
  }

  async #ask(client: RawClient, { model, request, outputs }: Question): Promise<void> {
    client.send(requestText(`POST /v2/models/${model}/infer`, {}, JSON.stringify(request)));
    const { status, body } = await client.response();
    const answer = status === 200 ? JSON.parse(body.toString()).outputs : body.toString();
    if (
      status === 503 &&
      /^\{"error":"(?:the server already holds|(?:the server|model '\w+\/1') has too much data)/.test(answer)
    )
      return;
    if (JSON.stringify(answer) === JSON.stringify(outputs)) this.answers++;
    else this.#problems.add(`a good request to '${model}' was answered with ${status}: ${JSON.stringify(answer)}`);
  }

  /** Requests that need all the bytes there are for bodies, and for inputs: taken only where none of earlier ones counts on. */
  async checkBytesAreFree({ bodies, inputs }: { readonly bodies: number; readonly inputs: number }): Promise<void> {
    const [question] = QUESTIONS;
    const padded = JSON.stringify(question?.request).padEnd(bodies);
    await this.#expectOk(requestText('POST /v2/models/floats/infer', {}, padded), 'a body of all bytes for bodies');
    const input = {
      name: 'in_UINT8',
      datatype: 'UINT8',
      shape: [1, inputs],
      parameters: { binary_data_size: inputs },
    };
    const json = JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } });
    const head = requestText('POST /v2/models/types/infer', {
      'inference-header-content-length': String(json.length),
      'content-length': String(json.length + inputs),
    });
    await this.#expectOk(Buffer.concat([Buffer.from(head + json), new Uint8Array(inputs)]), 'an input of all bytes');
  }

  /** The server may need a moment to notice that the last client has gone. */
  async #expectOk(request: string | Uint8Array, what: string): Promise<void> {
    for (const giveUpAt = performance.now() + 10_000; ; await pause(50)) {
      const client = await RawClient.connect(this.#port);
      client.send(request);
      const { status, body } = await client.response();
      client.socket.destroy();
      if (status === 200) return;
      if (performance.now() < giveUpAt) continue;
      this.#problems.add(`${what} was answered with ${status} when all was over: ${body}`);
      return;
    }
  }

  async checkMetrics(port: number): Promise<void> {
    const client = await RawClient.connect(port);
    client.send(requestText('GET /metrics', { connection: 'close' }));
    const { body } = await client.response();
    for (const [line] of body.toString().matchAll(/^millrace_(queued|executing)_requests\{.*\} [^0]\S*$/gm)) {
      this.#problems.add(`when all is over: ${line}`);
    }
  }
}
