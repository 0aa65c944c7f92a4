import { requestText } from '../support/raw-client.js';
import { HttpConnection } from './http-connection.js';
import { Lane, type LanePorts, LIVE } from './lane.js';
import type { FuzzTarget, Question } from './target.js';

/** No shot names it. */
export const WITNESS_MODEL = {
  'witness/1/': '',
  'witness/model.yaml': [
    'runtime: echo',
    'instances: { placement: inline }',
    'inputs: [{ name: x, datatype: INT32, shape: [-1] }]',
    'outputs: [{ name: x, datatype: INT32, shape: [-1] }]',
  ].join('\n'),
};
const TENSOR = { name: 'x', datatype: 'INT32', shape: [2], data: [7, -8] };
const OWN: Question = { model: 'witness', request: { inputs: [TENSOR] }, outputs: [TENSOR] };
/** Shots between two rounds of questions. */
const SHOTS_PER_ROUND = 50;
/** Refusals of a server that runs out of the memory for bodies: only those are no fault. */
const OVERLOADED = /^\{"error":"(?:the server already holds|(?:the server|model '\w+\/1') has too much data)/;

/** The run that a witness watches. */
export interface WatchedRun {
  /** Shots whose outcome is known. */
  readonly done: () => number;
  /** Resolves after so many further shots, or at the end of the run. */
  readonly after: (shots: number) => Promise<void>;
  readonly isOver: () => boolean;
  readonly report: (problem: string) => void;
}

/** Another client of the same server, whose health probes and inferences are answered right and before most of the shots sent later. */
export class Witness {
  readonly #questions: readonly Question[];
  readonly #credential: Readonly<Record<string, string>>;
  readonly #ports: LanePorts;
  readonly #run: WatchedRun;
  /** Right answers. */
  answers = 0;
  /** Most shots that were done while one question waited. */
  mostOvertaken = 0;

  constructor({ questions = [], credential = {} }: FuzzTarget, ports: LanePorts, run: WatchedRun) {
    this.#questions = [OWN, ...questions];
    this.#credential = credential;
    this.#ports = ports;
    this.#run = run;
  }

  /** Asks all questions in rounds, once more after the end of the run. */
  async watch(): Promise<void> {
    for (let isLast = false; !isLast; ) {
      isLast = this.#run.isOver();
      for (const question of this.#questions) await this.#counting(() => this.#ask(question));
      await this.#counting(() => this.#probe());
      await this.#probeGrpc();
      if (!isLast) await this.#run.after(SHOTS_PER_ROUND);
    }
  }

  async #counting(ask: () => Promise<void>): Promise<void> {
    const before = this.#run.done();
    await ask();
    this.mostOvertaken = Math.max(this.mostOvertaken, this.#run.done() - before);
  }

  async #ask({ model, request, outputs }: Question): Promise<void> {
    const { status, text } = await this.#send(
      `POST /v2/models/${model}/infer`,
      this.#credential,
      JSON.stringify(request),
    );
    if (status === 503 && OVERLOADED.test(text)) return;
    const got = status === 200 ? JSON.stringify(JSON.parse(text).outputs) : text;
    if (got === JSON.stringify(outputs)) this.answers++;
    else this.#run.report(`a good request to '${model}' was answered with ${status}: ${got}`);
  }

  async #probe(): Promise<void> {
    const { status } = await this.#send('GET /v2/health/live');
    if (status !== 200) this.#run.report(`the health probe was answered with ${status}`);
  }

  async #probeGrpc(): Promise<void> {
    const lane = new Lane(this.#ports);
    const { code, text, isSilent } = await lane.send(LIVE);
    lane.close();
    if (isSilent) this.#run.report('the health probe over gRPC was not answered');
    else if (code !== 0) this.#run.report(`the health probe over gRPC ended with ${code}: ${text}`);
  }

  /** Over a connection of its own, which no time limit for idle ones ends. */
  async #send(...request: Parameters<typeof requestText>) {
    const connection = await HttpConnection.open(this.#ports.http);
    connection.send(Buffer.from(requestText(...request)));
    const answer = await connection.answer({ bodiless: false });
    connection.destroy();
    return { status: answer?.status, text: answer?.body.toString() ?? '' };
  }
}
