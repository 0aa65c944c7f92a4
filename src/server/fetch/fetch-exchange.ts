import { STATUS_CODES } from 'node:http';
import { MillraceError, type Principal, type Timer } from '../../core/index.js';
import type { Dialect, WireResponse, WireStream } from '../../protocols/index.js';
import { ArrivingBody } from '../http/arriving-body.js';
import { requestTimeout } from '../http/client-error.js';
import { type ExpectedBody, type HttpContext, HttpExchange, type RequestHead } from '../http/exchange.js';
import { IncomingBody } from '../http/incoming-body.js';
import { HttpError, prematureEnd } from '../http-error.js';
import type { HandedOver } from './handed-over.js';
import { bytesOf, chunksOf, PulledBody, type PullTarget } from './pulled-body.js';

/** Answers up to this size are handed over at once; of a larger one the server has to know when it has been taken. */
const SMALL_ANSWER_BYTES = 16_384;
/** Answers with these have no body, and `Response` allows none. */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

type BodyReader = ReadableStreamDefaultReader<unknown>;

/** A request that the program hands over. */
export interface HandedRequest {
  readonly request: Request;
  readonly head: RequestHead;
  readonly dialect: Dialect;
  /** Whom the program has authenticated; undefined = the credential of the request tells. */
  readonly vouchedFor: Principal | undefined;
}

/** A request that the program hands over as a `Request`, and gets the answer of as a `Response`. */
export class FetchExchange extends HttpExchange<HandedOver> {
  override readonly req: RequestHead;
  /** Rejects with the reason of the request's signal once that is aborted, and where there can be no answer. */
  readonly response: Promise<Response>;
  readonly #request: Request;
  readonly #vouchedFor: Principal | undefined;
  readonly #onAbort = () => this.#giveUp(this.#request.signal.reason);
  #respond: (response: Response) => void = ignore;
  #reject: (reason: unknown) => void = ignore;
  #reader: BodyReader | undefined;
  #receiving: Timer | undefined;
  #outgoing: PulledBody | undefined;
  #incoming: IncomingBody | undefined;

  constructor(context: HttpContext, link: HandedOver, { request, head, dialect, vouchedFor }: HandedRequest) {
    super(context, link, { head, dialect, receivedAt: context.clock.now() });
    this.req = head;
    this.#request = request;
    this.#vouchedFor = vouchedFor;
    this.response = new Promise((resolve, reject) => {
      this.#respond = resolve;
      this.#reject = reject;
    });
    request.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  override get vouchedFor(): Principal | undefined {
    return this.#vouchedFor;
  }

  override get streaming(): boolean {
    return this.#outgoing !== undefined && this.answered;
  }

  override collect(expected: ExpectedBody, done: (body: Uint8Array) => void): void {
    const body = this.#unreadBody();
    if (body === null) {
      // The header announces what is not there.
      if (expected.declaredBytes !== undefined) throw prematureEnd();
      done(new Uint8Array(0));
      return;
    }
    const { clock, options } = this.context;
    const { settlement } = this;
    const arriving = new ArrivingBody(this, expected, done);
    const leftMs = settlement.receivedAt + options.receiveTimeoutMs - clock.now();
    this.#receiving = clock.setTimer(Math.max(0, leftMs), () => this.fail(requestTimeout()));
    settlement.watchArrival();
    this.#reader = body.getReader();
    void this.#read(this.#reader, arriving, expected.declaredBytes);
  }

  incoming(): AsyncIterable<Uint8Array> {
    this.#incoming = new IncomingBody(this, this.#chunks(this.#unreadBody()), this.context);
    return this.#incoming;
  }

  async stream(answer: WireStream): Promise<void> {
    const { settlement } = this;
    const isWanted = this.req.method !== 'HEAD';
    const outgoing = new PulledBody(answer.stream[Symbol.asyncIterator](), {
      ...this.#target(),
      count: (bytes) => {
        settlement.responseBytes += bytes;
      },
    });
    this.#outgoing = outgoing;
    let opened = false;
    try {
      if (!this.answered) await outgoing.begin();
      if (this.answered || !isWanted) outgoing.end();
      if (this.answered) return;
      opened = true;
      settlement.answer();
      this.status = answer.status;
      const head = this.#headOf(answer, undefined);
      this.#respond(new Response(isWanted ? outgoing.open() : null, head));
      if (!isWanted) settlement.settle();
    } catch (error) {
      if (opened) this.#breakOff(error);
      else this.fail(error);
    }
  }

  override writeError(error: MillraceError): void {
    super.writeError(error);
    this.#incoming?.interrupt(error);
  }

  /** There is nothing to write that changes nothing; its client says when it is gone. */
  override probe(): void {}

  override hurry(): void {
    this.#outgoing?.hurry();
  }

  override cutOff(): void {
    const { error, call } = this.settlement;
    this.#giveUp(error ?? call.cancelled ?? new MillraceError('internal', 'the server broke off the answer'));
  }

  override onSettled(): void {
    this.#request.signal.removeEventListener('abort', this.#onAbort);
    this.#stopReading();
    super.onSettled();
  }

  /** Next.js drops the header that says so; compression is up to the program, which may do so for all of its answers. */
  protected override get compresses(): boolean {
    return false;
  }

  protected override leave(): void {
    super.leave();
    this.#incoming?.interrupt(this.settlement.error);
    const { body } = this.#request;
    const sender = this.#reader ?? (body?.locked === true ? undefined : body);
    sender?.cancel(this.settlement.error).catch(ignore);
  }

  protected override write(response: WireResponse, lengthBytes: number): void {
    // The rest of the body is left to the program: to cancel it breaks the connection off in some servers, before the answer is out.
    this.#stopReading();
    const { status, body } = response;
    const head = this.#headOf(response, lengthBytes);
    const isWanted = lengthBytes > 0 && this.req.method !== 'HEAD' && !WITHOUT_BODY.includes(status);
    if (isWanted && lengthBytes > SMALL_ANSWER_BYTES) {
      this.#outgoing = new PulledBody(chunksOf(body), this.#target(), lengthBytes);
      this.#respond(new Response(this.#outgoing.open(), head));
      return;
    }
    this.#respond(new Response(isWanted ? bytesOf(body, lengthBytes) : null, head));
    this.settlement.settle();
  }

  /** Without what is said of a connection. */
  #headOf(response: Omit<WireResponse, 'body'>, lengthBytes: number | undefined): ResponseInit {
    const { status } = response;
    const flat = this.headersOf(response, lengthBytes, false);
    const headers = new Headers();
    for (let at = 0; at < flat.length; at += 2) headers.append(flat[at] as string, flat[at + 1] as string);
    return { status, statusText: STATUS_CODES[status] ?? '', headers };
  }

  #target(): PullTarget {
    return {
      clock: this.context.clock,
      patienceMs: () => this.sendTimeoutMs,
      onTaken: () => this.settlement.settle(),
      onCancelled: () => this.onClientGone(),
      onStalled: () => {
        this.connection.isStalled = true;
        this.onClientGone();
        this.#outgoing?.end(this.settlement.error);
      },
      onFailed: (error) => this.#breakOff(error),
    };
  }

  #unreadBody(): Request['body'] {
    const { body, bodyUsed } = this.#request;
    if (!bodyUsed && body?.locked !== true) return body;
    const message = 'the body has been read already: hand requests to fetch before anything reads them';
    throw new MillraceError('internal', message);
  }

  async *#chunks(body: Request['body']): AsyncGenerator<Uint8Array> {
    if (body === null) return;
    const reader: BodyReader = body.getReader();
    this.#reader = reader;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield chunkOf(value);
    }
  }

  async #read(reader: BodyReader, arriving: ArrivingBody, declaredBytes: number | undefined): Promise<void> {
    const { settlement } = this;
    try {
      while (!settlement.answered) {
        const { done, value } = await reader.read();
        if (settlement.answered) return;
        if (!done) arriving.add(chunkOf(value));
        if (declaredBytes !== undefined) checkLength(settlement.requestBytes, { declaredBytes, isAll: done });
        if (!done) continue;
        arriving.finish();
        return;
      }
    } catch (error) {
      const problem = error instanceof HttpError ? error : prematureEnd();
      // Where the client is gone, the signal says so in the same turn.
      this.context.clock.defer(() => this.fail(problem));
    } finally {
      this.#stopReading();
    }
  }

  #stopReading(): void {
    this.#receiving?.clear();
    this.#receiving = undefined;
    this.#reader?.releaseLock();
    this.#reader = undefined;
  }

  /** Drops the answer, or the rest of it. */
  #giveUp(reason: unknown): void {
    this.onClientGone();
    this.#reject(reason);
    this.#outgoing?.end(reason);
  }

  /** Ends an answer that cannot be completed. */
  #breakOff(thrown: unknown): void {
    const { settlement } = this;
    if (settlement.settled) return;
    settlement.breakOff(thrown);
    settlement.settle();
    this.#reject(settlement.error);
    this.#outgoing?.end(settlement.error);
  }
}

function ignore(): void {}

function chunkOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  // Of another realm.
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new HttpError(400, `the stream of the body gave ${typeof value}: expected bytes (Uint8Array)`);
}

function checkLength(bytes: number, { declaredBytes, isAll }: { declaredBytes: number; isAll: boolean }): void {
  if (isAll && bytes < declaredBytes) throw prematureEnd();
  if (bytes <= declaredBytes) return;
  throw new HttpError(
    400,
    `header content-length: expected the length of the body, got ${declaredBytes}, which is less`,
  );
}
