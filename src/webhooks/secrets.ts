import { SerialQueue } from '../async/index.js';
import type { Clock, JsonValue } from '../core/index.js';
import type { Snapshots } from '../store/index.js';
import { newWebhookSecret } from './sign.js';

const KIND = 'webhook-secret';

/** What is known of a principal's secret, without it. Times are milliseconds since the Unix epoch. */
export interface WebhookSecretInfo {
  readonly createdAtMs: number;
  /** Notifications are signed with the previous secret, too, until then; undefined = with the current one alone. */
  readonly previousEndsAtMs: number | undefined;
}

export interface ShownWebhookSecret extends WebhookSecretInfo {
  /** `whsec_…` */
  readonly secret: string;
}

interface StoredSecret {
  readonly secret: string;
  readonly createdAtMs: number;
  readonly previous: string | null;
  readonly previousEndsAtMs: number | null;
}

interface SecretsSetup {
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly overlapMs: number;
}

/** Secrets that notifications are signed with: one for each principal, kept in the store. */
export class WebhookSecrets {
  readonly #setup: SecretsSetup;
  readonly #changes = new SerialQueue();

  constructor(setup: SecretsSetup) {
    this.#setup = setup;
  }

  /** undefined = the principal has none. */
  async info(owner: string): Promise<WebhookSecretInfo | undefined> {
    const stored = await this.#get(owner);
    return stored && this.#infoOf(stored);
  }

  /** A new secret, which is shown this once; the one before is valid for `jobs.webhooks.secretOverlapMs`. */
  rotate(owner: string): Promise<ShownWebhookSecret> {
    return this.#changes.run(async () => {
      const { clock, overlapMs } = this.#setup;
      const nowMs = clock.wallNow();
      const before = await this.#get(owner);
      const previous = before?.secret ?? null;
      const previousEndsAtMs = before === undefined ? null : nowMs + overlapMs;
      return this.#shown(owner, { ...fresh(nowMs), previous, previousEndsAtMs });
    });
  }

  /** Secrets to sign with, the current one first; one is made where there is none. */
  async signing(owner: string): Promise<readonly string[]> {
    const known = await this.#get(owner);
    if (known === undefined) {
      return this.#changes.run(async () => {
        const stored = (await this.#get(owner)) ?? fresh(this.#setup.clock.wallNow());
        await this.#put(owner, stored);
        return [stored.secret];
      });
    }
    const { secret, previous } = known;
    return previous === null || !this.#isPreviousValid(known) ? [secret] : [secret, previous];
  }

  async #shown(owner: string, stored: StoredSecret): Promise<ShownWebhookSecret> {
    await this.#put(owner, stored);
    return { secret: stored.secret, ...this.#infoOf(stored) };
  }

  #infoOf(stored: StoredSecret): WebhookSecretInfo {
    const { createdAtMs, previousEndsAtMs } = stored;
    return {
      createdAtMs,
      previousEndsAtMs: this.#isPreviousValid(stored) ? (previousEndsAtMs ?? undefined) : undefined,
    };
  }

  #isPreviousValid({ previousEndsAtMs }: StoredSecret): boolean {
    return previousEndsAtMs !== null && previousEndsAtMs > this.#setup.clock.wallNow();
  }

  async #get(owner: string): Promise<StoredSecret | undefined> {
    // It was written by this class.
    return (await this.#setup.snapshots.get(KIND, owner)) as unknown as StoredSecret | undefined;
  }

  #put(owner: string, stored: StoredSecret): Promise<void> {
    return this.#setup.snapshots.put(KIND, owner, { ...stored } satisfies JsonValue);
  }
}

function fresh(nowMs: number): StoredSecret {
  return { secret: newWebhookSecret(), createdAtMs: nowMs, previous: null, previousEndsAtMs: null };
}
