import { type Clock, MillraceError } from '../core/index.js';
import { sha256 } from './checksum.js';
import { type ChainParts, credentialChain, KeptCredentials } from './credentials/chain.js';
import type { Credentials } from './credentials/credentials.js';
import { readProfile } from './credentials/profile.js';
import { type Endpoint, endpointOf, urlOf } from './endpoint.js';
import type { AwsEnvironment } from './environment.js';
import { mayPass, needsCredentials, type Refusal, readRefusal, refusalError } from './errors.js';
import { ConnectionError, type HttpAnswer, HttpExchanges, type ObjectHeaders, readText } from './http/exchange.js';
import type { ObjectStoreOptions } from './options.js';
import { createSign, type Sign } from './sign.js';

/** Of an error's body; more is not read. */
const MAX_ERROR_BYTES = 65_536;
const BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface RequestsSetup {
  readonly options: ObjectStoreOptions;
  readonly environment: AwsEnvironment;
  readonly clock: Clock;
  /** 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

export interface StoreRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly bucket: string;
  /** '' = the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Whether the store is to keep the SHA-256 of the body with the object. Default: false. */
  readonly keepsChecksum?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Status of the answers that are no refusals. */
  readonly expected: readonly number[];
}

/** A whole answer. */
export interface StoreAnswer {
  readonly status: number;
  readonly headers: ObjectHeaders;
  readonly text: string;
}

type SignedRequest = StoreRequest & Required<Pick<StoreRequest, 'headers'>>;

interface Access {
  readonly endpoint: Endpoint;
  readonly sign: Sign;
}

/**
 * Signed requests to one S3 endpoint, which the settings or the environment name. Each is sent again where the store throttles
 * it, fails, or the connection breaks. All reject with ObjectStoreError, with `unavailable` where no attempt succeeded, or with the signal's reason.
 */
export class StoreRequests {
  readonly clock: Clock;
  readonly #setup: RequestsSetup;
  readonly #exchanges: HttpExchanges;
  readonly #credentials: KeptCredentials;
  #access: Promise<Access> | undefined;

  constructor(setup: RequestsSetup) {
    const { options, clock } = setup;
    this.clock = clock;
    this.#setup = setup;
    this.#exchanges = new HttpExchanges({ ...options, clock });
    this.#credentials = new KeptCredentials(async () => credentialChain(await this.#chainParts()), clock);
  }

  get maxAttempts(): number {
    return this.#setup.options.maxAttempts;
  }

  /** Sends a request, and gives the answer before its body: the caller reads or destroys it. */
  async open(request: StoreRequest): Promise<HttpAnswer> {
    const headers = await headersOf(request);
    let hasRenewed = false;
    for (let attempt = 1; ; attempt++) {
      const credentials = await this.#credentials.get();
      let failure: MillraceError;
      let retryAfterMs = 0;
      try {
        const answer = await this.#send({ ...request, headers }, credentials);
        if (request.expected.includes(answer.status)) return answer;
        const refusal = await this.#refusalOf(answer);
        failure = this.#errorOf(refusal, request, credentials);
        retryAfterMs = retryAfterOf(answer.headers);
        if (needsCredentials(refusal) && !hasRenewed) {
          this.#credentials.drop(credentials);
          hasRenewed = true;
          continue;
        }
        if (!mayPass(refusal)) throw failure;
      } catch (error) {
        request.signal?.throwIfAborted();
        if (!(error instanceof ConnectionError)) throw error;
        failure = error;
      }
      if (attempt >= this.maxAttempts) throw failure;
      await this.backOff(attempt, { atLeastMs: retryAfterMs, signal: request.signal });
    }
  }

  /** Sends a request, and reads the answer, of at most `maxBytes`. A connection that breaks meanwhile is tried again, too. */
  async ask(request: StoreRequest, maxBytes = MAX_ERROR_BYTES): Promise<StoreAnswer> {
    for (let attempt = 1; ; attempt++) {
      const { status, headers, body } = await this.open(request);
      try {
        const { text, isWhole } = await readText(body, maxBytes);
        if (!isWhole) {
          throw new MillraceError(
            'failed_precondition',
            `${subjectOf(request)}: the answer has more than ${maxBytes} bytes`,
          );
        }
        return { status, headers, text };
      } catch (error) {
        request.signal?.throwIfAborted();
        if (error instanceof MillraceError) throw error;
        const { endpoint } = await this.#open();
        if (attempt >= this.maxAttempts) throw new ConnectionError(endpoint.url, error);
        await this.backOff(attempt, { atLeastMs: 0, signal: request.signal });
      }
    }
  }

  /** The error of an answer that has an error as its body, whatever its status. */
  async refused(request: StoreRequest, { status, headers, text }: StoreAnswer): Promise<MillraceError> {
    const refusal = await readRefusal(status, headers, text);
    return this.#errorOf(refusal, request, await this.#credentials.get());
  }

  /** Waits before the next attempt; longer with each one. */
  async backOff(
    attempt: number,
    { atLeastMs, signal }: { readonly atLeastMs: number; readonly signal: AbortSignal | undefined },
  ): Promise<void> {
    const { clock, random = Math.random } = this.#setup;
    const growing = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** (attempt - 1)) * (0.5 + random() / 2);
    await clock.sleep(Math.max(Math.min(atLeastMs, MAX_BACKOFF_MS), growing), signal);
    signal?.throwIfAborted();
  }

  close(): void {
    this.#exchanges.close();
  }

  async #send(request: SignedRequest, credentials: Credentials): Promise<HttpAnswer> {
    const { method, query, body, signal, headers } = request;
    const { endpoint, sign } = await this.#open();
    const url = urlOf(endpoint, request, query);
    const signed = await sign({ method, url, headers }, credentials, this.clock.wallNow());
    return this.#exchanges.send({ method, url, headers: signed, body, signal });
  }

  async #refusalOf({ status, headers, body }: HttpAnswer): Promise<Refusal> {
    // What has come of it will do.
    const { text } = await readText(body, MAX_ERROR_BYTES).catch(() => ({ text: '' }));
    return readRefusal(status, headers, text);
  }

  #errorOf(refusal: Refusal, request: StoreRequest, credentials: Credentials): MillraceError {
    const { accessKeyId, secretAccessKey, sessionToken = '' } = credentials;
    return refusalError(refusal, subjectOf(request), [secretAccessKey, sessionToken, accessKeyId]);
  }

  #open(): Promise<Access> {
    const { options, environment } = this.#setup;
    // Read once: a server keeps its endpoint.
    this.#access ??= readProfile(environment, options.profile).then((profile) => {
      const endpoint = endpointOf(options, environment, profile);
      return { endpoint, sign: createSign(endpoint.region) };
    });
    return this.#access;
  }

  /** Files may have other credentials each time that they are asked. */
  async #chainParts(): Promise<ChainParts> {
    const { options, environment } = this.#setup;
    const { endpoint } = await this.#open();
    const profile = await readProfile(environment, options.profile);
    const { instanceMetadata } = options;
    return { environment, exchanges: this.#exchanges, profile, region: endpoint.region, instanceMetadata };
  }
}

/** With the SHA-256 of the body, by which the store finds out that it has come as it was sent. */
async function headersOf({ headers, body, keepsChecksum = false }: StoreRequest): Promise<SignedRequest['headers']> {
  const digest = body === undefined ? undefined : await sha256(body);
  return {
    ...headers,
    'x-amz-content-sha256': digest?.toString('hex') ?? EMPTY_SHA256,
    ...(keepsChecksum && digest !== undefined && { 'x-amz-checksum-sha256': digest.toString('base64') }),
  };
}

/** What a request is about, for messages. */
function subjectOf({ bucket, key }: Pick<StoreRequest, 'bucket' | 'key'>): string {
  return `s3://${bucket}/${key}`;
}

/** Of a header in seconds; 0 where there is none. */
function retryAfterOf(headers: ObjectHeaders): number {
  const seconds = Number(headers['retry-after'] ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
