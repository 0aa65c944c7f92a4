import { readFile } from 'node:fs/promises';
import { type CallContext, type Clock, type EventBus, toMillraceError } from '../core/index.js';
import type { Resolve } from '../network/index.js';
import {
  hostOfWebhook,
  type JobRecord,
  type NewWebhook,
  type Store,
  type WebhookFormat,
  type WebhookLane,
} from '../store/index.js';
import { Consents } from './consents.js';
import { type Attempt, WebhookDeliverer } from './deliverer.js';
import type { AttemptOutcome } from './delivery.js';
import { envelopeOf, type Notification } from './envelope.js';
import { GoneReceivers } from './gone-receivers.js';
import type { WebhooksOptions } from './options.js';
import { type ReceiverAnswer, ReceiverClient, ReceiverUnreachable } from './receiver-client.js';
import { Receivers } from './receivers.js';
import { retryAfterMs } from './retry-after.js';
import { WebhookSecrets } from './secrets.js';
import { signedHeaders } from './sign.js';

const GONE = 410;

export interface WebhooksSetup {
  readonly options: WebhooksOptions;
  readonly store: Pick<Store, 'webhooks' | 'snapshots'>;
  readonly clock: Clock;
  readonly events: EventBus;
  /** What the receiver of a job that has ended is notified of. */
  readonly describe: (job: JobRecord) => Promise<Notification>;
  /** How names are looked up. */
  readonly resolve?: Resolve | undefined;
}

/** A receiver as a caller names it. */
export interface NamedReceiver {
  readonly url: string;
  readonly format: WebhookFormat | undefined;
  readonly includesAnswer: boolean;
}

/** Notifications of jobs' ends: who may be notified, signing, delivery. */
export class Webhooks {
  readonly secrets: WebhookSecrets;
  readonly #setup: WebhooksSetup;
  readonly #receivers: Receivers;
  readonly #gone: GoneReceivers;
  readonly #client: ReceiverClient;
  readonly #consents: Consents;
  readonly #deliverer: WebhookDeliverer;

  constructor(setup: WebhooksSetup) {
    const { options, store, clock, events } = setup;
    this.#setup = setup;
    this.secrets = new WebhookSecrets({ snapshots: store.snapshots, clock, overlapMs: options.secretOverlapMs });
    this.#receivers = new Receivers(options);
    this.#gone = new GoneReceivers(store.snapshots, clock);
    const ca = async () => (options.caFile === '' ? undefined : await readFile(options.caFile, 'utf8'));
    this.#client = new ReceiverClient({ clock, timeoutMs: options.timeoutMs, ca, resolve: setup.resolve });
    this.#consents = new Consents({ client: this.#client, clock, options });
    const attempt: Attempt = (job, signal) => this.#attempt(job, signal);
    this.#deliverer = new WebhookDeliverer({ records: store.webhooks, options, clock, events, attempt });
  }

  /** About how many notifications are pending. */
  get pending(): number {
    return this.#deliverer.pending;
  }

  /** The webhook of a job that is submitted. Rejects with `invalid_argument`, `permission_denied` or `failed_precondition` where the receiver may not be named. */
  async accept({ principal }: Pick<CallContext, 'principal'>, receiver: NamedReceiver): Promise<NewWebhook> {
    const { options } = this.#setup;
    const { href: url } = this.#receivers.check(principal.name, receiver.url);
    await this.#gone.check(principal.ownerId, url);
    const { format = options.format, includesAnswer } = receiver;
    return { url, format, includesAnswer, maxAgeMs: options.maxAgeMs };
  }

  /** Delivers what the store has. Only in the process that owns it. Rejects where it cannot be read. */
  start(): Promise<void> {
    return this.#deliverer.start();
  }

  /** Sends the notification of a job again that was given up, as if the job had ended now; false = there is none. */
  async redeliver({ id, owner, webhook }: JobRecord): Promise<boolean> {
    if (webhook === undefined) return false;
    const { store, clock, options } = this.#setup;
    if (!(await store.webhooks.redeliver(id, { nowMs: clock.wallNow(), maxAgeMs: options.maxAgeMs }))) return false;
    this.added({ owner, host: hostOfWebhook(webhook) });
    return true;
  }

  /** A notification is pending in the store. */
  added(lane: WebhookLane): void {
    this.#deliverer.added(lane);
  }

  close(): Promise<void> {
    return this.#deliverer.close();
  }

  async #attempt(job: JobRecord, signal: AbortSignal): ReturnType<Attempt> {
    try {
      return await this.#send(job, signal);
    } catch (thrown) {
      const { message } = thrown instanceof ReceiverUnreachable ? thrown : toMillraceError(thrown);
      return { outcome: { kind: 'unreachable', message }, paceMs: 0 };
    }
  }

  async #send(job: JobRecord, signal: AbortSignal): ReturnType<Attempt> {
    const { owner, principal, webhook, endedAtMs = 0 } = job;
    const { options, clock, describe } = this.#setup;
    const { url: text = '', format = options.format } = webhook ?? {};
    let url: URL;
    try {
      // The settings may have changed since it was accepted.
      url = this.#receivers.check(principal, text);
      await this.#gone.check(owner, text);
    } catch (thrown) {
      return { outcome: { kind: 'forbidden', message: toMillraceError(thrown).message }, paceMs: 0 };
    }
    const to = { url, isPrivate: this.#receivers.isPrivate(url), signal };
    const { intervalMs: paceMs } = await this.#consents.obtain(owner, to);
    const id = `msg_${job.id}_${endedAtMs}`;
    const { contentType, body } = envelopeOf(await describe(job), { id, origin: options.origin, format });
    const message = { id, timestampS: Math.floor(clock.wallNow() / 1_000), body };
    const signed = signedHeaders(message, await this.secrets.signing(owner));
    const headers = { 'content-type': contentType, ...signed };
    const answer = await this.#client.send({ ...to, method: 'POST', headers, body });
    if (answer.status === GONE) {
      this.#consents.forget(owner, url.href);
      await this.#gone.add(owner, url.href);
    }
    return { outcome: outcomeOf(answer, clock.wallNow()), paceMs };
  }
}

function outcomeOf({ status, headers }: ReceiverAnswer, nowMs: number): AttemptOutcome {
  if (status >= 200 && status < 300) return { kind: 'accepted', status };
  if (status === GONE) return { kind: 'gone', status };
  return { kind: 'refused', status, retryAfterMs: retryAfterMs(headers['retry-after'], nowMs) };
}
