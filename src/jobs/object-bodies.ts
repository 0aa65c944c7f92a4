import { SerialQueue } from '../async/index.js';
import { ByteBudget, type EventBus, MillraceError, PrincipalShares, toMillraceError } from '../core/index.js';
import {
  type ObjectInfo,
  type ObjectReading,
  type ObjectStore,
  parseObjectUrl,
  StoreQuestions,
} from '../object-store/index.js';
import type { JobRecord, JobState, JobTransition } from '../store/index.js';
import { callerOf, mayName, type ObjectRules, type StoredRequestAnswer } from '../stored-requests/index.js';
import type { JobsOptions } from './options.js';

/** Objects in memory of all jobs that run; each caller may have the half. */
const MEMORY_BYTES = 268_435_456;
const RETRY_AFTER_MS = 1_000;
/** A job fails after that, whether it is written why or not. */
const FAILURE_TIMEOUT_MS = 60_000;

const ENDED: Partial<Record<JobState, string>> = { failed: 'failed', cancelled: 'was cancelled', expired: 'expired' };

/** The answer was not written: its request has run, and is to run again. */
export class OutputNotWritten extends MillraceError {
  constructor(thrown: unknown) {
    const { code, message, retryAfterMs } = toMillraceError(thrown);
    super(code === 'not_found' ? 'failed_precondition' : code, `the answer could not be written: ${message}`, {
      cause: thrown,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    this.name = 'OutputNotWritten';
  }
}

export interface ObjectBodiesSetup {
  readonly store: Pick<ObjectStore, 'get' | 'put' | 'close'>;
  readonly options: ObjectRules & { readonly inputs: Pick<JobsOptions['inputs'], 'maxBytes'> };
  readonly events: EventBus;
}

/** The object of a request, for as long as its attempt takes. */
export interface ReadInput {
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  /** Gives its memory to others. */
  release(): void;
}

/** Bodies of jobs that are objects: reads requests, and writes answers. */
export class ObjectBodies {
  readonly #setup: ObjectBodiesSetup;
  readonly #questions: StoreQuestions;
  readonly #maxBytes: number;
  readonly #memory: ByteBudget;
  readonly #shares: PrincipalShares;
  readonly #ends = new SerialQueue();
  #isClosed = false;

  constructor(setup: ObjectBodiesSetup) {
    const { maxBytes } = setup.options.inputs;
    this.#setup = setup;
    this.#questions = new StoreQuestions({ events: setup.events, room: 'jobs' });
    this.#maxBytes = maxBytes;
    const memoryBytes = Math.max(MEMORY_BYTES, 2 * maxBytes);
    this.#memory = new ByteBudget('the objects of jobs', memoryBytes);
    this.#shares = new PrincipalShares(memoryBytes);
  }

  /**
   * Reads the object of a request. Rejects with `failed_precondition` where it is missing, denied or too large, and with `unavailable` or
   * `resource_exhausted` where a later attempt may succeed.
   */
  async read(owner: string, url: string, signal: AbortSignal): Promise<ReadInput> {
    const reading = await this.#questions
      .ask(signal, () => this.#setup.store.get(parseObjectUrl(url), { signal }))
      .catch(refuse);
    const { lengthBytes, info } = reading;
    let release: () => void;
    try {
      this.#checkSize(url, lengthBytes);
      release = this.#take(owner, lengthBytes);
    } catch (error) {
      reading.close();
      throw error;
    }
    try {
      const body = await this.#questions.ask(signal, () => joined(reading));
      return { body, contentType: typeOf(info), release };
    } catch (error) {
      release();
      return refuse(error);
    }
  }

  /** Writes an answer, and gives the one to be stored in its place, which says where it is. Rejects with {@link OutputNotWritten}. */
  async writeAnswer(answer: StoredRequestAnswer, url: string, signal: AbortSignal): Promise<StoredRequestAnswer> {
    const { 'content-type': contentType } = answer.headers;
    try {
      await this.#questions.ask(signal, () =>
        this.#setup.store.put(parseObjectUrl(url), answer.body, { contentType, signal }),
      );
    } catch (error) {
      throw new OutputNotWritten(error);
    }
    return {
      status: answer.status,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ output: url, bytes: answer.body.byteLength })),
    };
  }

  /** Writes why a job fails, where the transition is that, to the object for it: its answer, as far as it has one. Never rejects. */
  readonly failing = async ({ id, identity, objects }: JobRecord, { to, answerBody }: JobTransition): Promise<void> => {
    const { failure } = objects ?? {};
    if (failure === undefined || to.state !== 'failed') return;
    await this.#writeFailure({ id, identity, failure }, { to, ...(answerBody && { answerBody }) });
  };

  /**
   * Writes why a job was cancelled, or has expired, where it is that, to the object for it: once that is durable, one job after the other. Nothing
   * waits for it.
   */
  ended({ id, identity, objects }: JobRecord, { to }: Pick<JobTransition, 'to'>): void {
    const { failure } = objects ?? {};
    if (failure === undefined || (to.state !== 'cancelled' && to.state !== 'expired')) return;
    void this.#ends.run(async () => {
      if (!this.#isClosed) await this.#writeFailure({ id, identity, failure }, { to });
    });
  }

  /** Whether a job's end may have an object. */
  get writesFailures(): boolean {
    return this.#setup.options.outputs.allow.length > 0;
  }

  /** Never rejects. */
  async #writeFailure(
    { id, identity, failure }: Pick<JobRecord, 'id' | 'identity'> & { readonly failure: string },
    { to, answerBody }: Pick<JobTransition, 'to' | 'answerBody'>,
  ): Promise<void> {
    // The rule may be gone, by which it was allowed.
    if (!mayName(this.#setup.options, callerOf(identity), { failure })) return;
    const { errorCode: code, errorMessage: message, answer } = to;
    const body = answerBody ?? Buffer.from(JSON.stringify({ error: { code, message } }));
    const contentType = (answerBody && answer?.headers['content-type']) ?? 'application/json';
    const signal = AbortSignal.timeout(FAILURE_TIMEOUT_MS);
    try {
      await this.#setup.store.put(parseObjectUrl(failure), body, { contentType, signal });
    } catch (thrown) {
      const error = toMillraceError(thrown);
      const text = `why job '${id}' ${ENDED[to.state] ?? 'ended'} could not be written: ${error.message}`;
      this.#setup.events.publish('diagnostic', { level: 'warn', room: 'jobs', message: text, error });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#setup.store.close();
  }

  #checkSize(url: string, lengthBytes: number): void {
    if (lengthBytes <= this.#maxBytes) return;
    const message = `'${url}' has ${lengthBytes} bytes; at most ${this.#maxBytes} are read (jobs.inputs.maxBytes)`;
    throw new MillraceError('failed_precondition', message);
  }

  #take(owner: string, bytes: number): () => void {
    if (!this.#shares.take(owner, bytes)) throw busy(`the caller's jobs hold ${this.#shares.maxBytes} bytes`);
    if (this.#memory.take(bytes) !== undefined) {
      this.#shares.release(owner, bytes);
      throw busy(`all jobs hold ${this.#memory.maxBytes} bytes`);
    }
    return () => {
      this.#memory.release(bytes);
      this.#shares.release(owner, bytes);
    };
  }
}

/** What S3 gives objects whose writer has named no type says nothing of them. */
const NO_TYPES: readonly (string | undefined)[] = ['', 'application/octet-stream', 'binary/octet-stream'];

function typeOf({ contentType }: ObjectInfo): string | undefined {
  return NO_TYPES.includes(contentType) ? undefined : contentType;
}

async function joined({ lengthBytes, body }: ObjectReading): Promise<Uint8Array> {
  const whole = Buffer.allocUnsafe(lengthBytes);
  let filled = 0;
  for await (const chunk of body) {
    whole.set(chunk, filled);
    filled += chunk.byteLength;
  }
  return whole;
}

function busy(why: string): MillraceError {
  return new MillraceError('resource_exhausted', `there is no memory for the request's object now: ${why} of objects`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

/** Of a request's object: that it is not there says nothing of the model. */
function refuse(thrown: unknown): never {
  const error = toMillraceError(thrown);
  if (error.code !== 'not_found' && error.code !== 'permission_denied' && error.code !== 'invalid_argument')
    throw error;
  throw new MillraceError('failed_precondition', error.message, { cause: error });
}
