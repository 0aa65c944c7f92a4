import { type Clock, type EventBus, MillraceError, type Timer } from '../../../core/index.js';
import type { FetchJson } from './fetch-json.js';
import { discoveryUrlOf, nameOfIssuer, urlProblem } from './issuer-url.js';
import { KeySet, type VerificationKey } from './key-set.js';
import type { IssuerOptions } from './options.js';

/** Whom a token's `kid` sends to ask again, asks no sooner than this after the time before. */
const MIN_REFETCH_MS = 10_000;
/** After an attempt that failed, the next one follows so soon, and later each time. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

export interface IssuerKeysSetup {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly fetchJson: FetchJson;
}

/** The keys of an issuer, read again from time to time and when a token has one that is not known. */
export class IssuerKeys {
  readonly #options: IssuerOptions;
  readonly #setup: IssuerKeysSetup;
  readonly #name: string;
  #keys: KeySet | undefined;
  /** When they were last there to be read. */
  #readAt = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #problem = '';
  #asking: Promise<void> | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: IssuerOptions, setup: IssuerKeysSetup) {
    this.#options = options;
    this.#setup = setup;
    this.#name = nameOfIssuer(options);
  }

  /** Reads them for the first time; resolves when they are there or the attempt has failed. */
  start(): Promise<void> {
    return this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
  }

  /** The keys are there, and not so old that nobody knows whether they still hold. */
  get isFresh(): boolean {
    return this.#keys !== undefined && this.#setup.clock.now() - this.#readAt <= this.#options.maxStaleMs;
  }

  /**
   * The key that a header means; undefined = there is none. Rejects with `unavailable` where only the issuer could say, and cannot be
   * asked.
   */
  async find(header: { readonly kid: string | undefined; readonly alg: string }): Promise<VerificationKey | undefined> {
    if (!this.isFresh) await this.#asking;
    if (!this.isFresh && this.#sinceAskedMs >= FIRST_RETRY_MS) await this.#ask();
    if (!this.isFresh) throw this.#unavailable();
    const found = this.#keys?.find(header);
    if (found !== undefined) return found;
    if (this.#asking !== undefined || this.#sinceAskedMs >= MIN_REFETCH_MS) {
      await this.#ask();
      const added = this.#keys?.find(header);
      if (added !== undefined) return added;
    }
    if (this.#failures > 0) throw this.#unavailable();
    return undefined;
  }

  get #sinceAskedMs(): number {
    return this.#setup.clock.now() - this.#askedAt;
  }

  /** Whoever asks while somebody does waits for the same answer. */
  #ask(): Promise<void> {
    this.#asking ??= this.#read().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #read(): Promise<void> {
    const { clock } = this.#setup;
    const { refreshMs } = this.#options;
    this.#timer?.clear();
    this.#askedAt = clock.now();
    try {
      const next = new KeySet(await this.#document(), this.#keys);
      this.#take(next);
    } catch (error) {
      this.#failures++;
      this.#complain((error as Error).message);
    }
    if (this.#isClosed) return;
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS, refreshMs);
    this.#timer = clock.setTimer(this.#failures === 0 ? refreshMs : retryMs, () => void this.#ask());
  }

  async #document(): Promise<unknown> {
    const { jwksUri, caFile, tokenFile } = this.#options;
    const fetchJson = (url: string) => this.#setup.fetchJson({ url, caFile, tokenFile });
    if (jwksUri !== '') return await fetchJson(jwksUri);
    const url = discoveryUrlOf(this.#options);
    return await fetchJson(jwksUriOf(await fetchJson(url), url, this.#options.issuer));
  }

  #take(next: KeySet): void {
    const before = this.#keys;
    const retired = before?.retireAllBut(next) ?? 0;
    const added = next.keys.filter((key) => before?.keys.includes(key) !== true).length;
    const recovered = this.#failures > 0;
    this.#keys = next;
    this.#readAt = this.#setup.clock.now();
    this.#failures = 0;
    this.#problem = '';
    if (added === 0 && retired === 0 && !recovered && before !== undefined) return;
    this.#report('info', `issuer '${this.#name}' has ${next.keys.length} keys: ${added} new, ${retired} retired`);
  }

  /** Says once what is wrong. */
  #complain(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    const effect =
      this.#keys === undefined ? 'its tokens get 503' : `the keys that are known hold for ${this.#leftS} s more`;
    this.#report('warn', `the keys of issuer '${this.#name}' cannot be read, ${effect}: ${problem}`);
  }

  get #leftS(): number {
    const ageMs = this.#setup.clock.now() - this.#readAt;
    return Math.max(0, Math.round((this.#options.maxStaleMs - ageMs) / 1_000));
  }

  #report(level: 'info' | 'warn', message: string): void {
    this.#setup.events.publish('diagnostic', { level, room: 'server', message });
  }

  #unavailable(): MillraceError {
    return new MillraceError(
      'unavailable',
      `the issuer '${this.#name}' of this token cannot be reached; try again later`,
      {
        retryAfterMs: FIRST_RETRY_MS,
      },
    );
  }
}

/** Where the keys are, as the provider's document says. Throws where it is that of another issuer. */
function jwksUriOf(document: unknown, url: string, issuer: string): string {
  const { issuer: found, jwks_uri: uri } = (document ?? {}) as {
    readonly issuer?: unknown;
    readonly jwks_uri?: unknown;
  };
  if (found !== issuer) {
    throw new Error(`${url} is the document of issuer '${String(found).slice(0, 200)}'; expected '${issuer}'`);
  }
  if (typeof uri !== 'string') throw new Error(`${url} has no jwks_uri`);
  const problem = urlProblem(uri);
  if (problem !== undefined) throw new Error(`the jwks_uri of ${url} is not asked: ${problem}`);
  return uri;
}
