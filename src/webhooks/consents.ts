import type { Clock } from '../core/index.js';
import type { WebhooksOptions } from './options.js';
import { type ReceiverClient, type ReceiverRequest, ReceiverUnreachable } from './receiver-client.js';

const MAX_PER_OWNER = 256;
const MAX_CONSENTS = 10_000;
const MINUTE_MS = 60_000;

/** That a receiver takes notifications of this server. */
interface Consent {
  readonly untilMs: number;
  /** Shortest time between two notifications, as the receiver asks for. */
  readonly intervalMs: number;
}

interface ConsentsSetup {
  readonly client: Pick<ReceiverClient, 'send'>;
  readonly clock: Clock;
  readonly options: Pick<WebhooksOptions, 'origin' | 'consentMaxAgeMs'>;
}

/**
 * Asks receivers, before they get their first notification, whether they want it: the handshake of CloudEvents' "HTTP 1.1 Web Hooks"
 * (section 4, abuse protection). Without it, a caller could aim notifications at servers of an allowed host that know nothing of them.
 */
export class Consents {
  readonly #setup: ConsentsSetup;
  /** By owner and URL; those that were given first come first. */
  readonly #given = new Map<string, Map<string, Consent>>();
  #count = 0;

  constructor(setup: ConsentsSetup) {
    this.#setup = setup;
  }

  /** Asks the receiver, unless its consent is known. Rejects with ReceiverUnreachable where it does not consent. */
  async obtain(owner: string, request: Omit<ReceiverRequest, 'method' | 'headers'>): Promise<Consent> {
    const { href } = request.url;
    const { clock, client, options } = this.#setup;
    const known = this.#given.get(owner)?.get(href);
    if (known !== undefined && known.untilMs > clock.now()) return known;
    const { status, headers } = await client.send({
      method: 'OPTIONS',
      ...request,
      headers: { 'webhook-request-origin': options.origin },
    });
    const origin = headers['webhook-allowed-origin'];
    if (status < 200 || status > 299) throw refused(`OPTIONS was answered with ${status}`);
    if (origin !== '*' && String(origin).toLowerCase() !== options.origin.toLowerCase()) {
      throw refused(
        `the answer to OPTIONS has ${origin === undefined ? 'no WebHook-Allowed-Origin' : 'another WebHook-Allowed-Origin'}; expected '${options.origin}' or '*'`,
      );
    }
    const perMinute = Number(headers['webhook-allowed-rate']);
    const intervalMs = perMinute > 0 ? MINUTE_MS / perMinute : 0;
    const consent = { untilMs: clock.now() + options.consentMaxAgeMs, intervalMs };
    this.#keep(owner, href, consent);
    return consent;
  }

  /** The receiver is to be asked again. */
  forget(owner: string, url: string): void {
    const own = this.#given.get(owner);
    if (own?.delete(url) !== true) return;
    this.#count--;
    if (own.size === 0) this.#given.delete(owner);
  }

  #keep(owner: string, url: string, consent: Consent): void {
    this.forget(owner, url);
    const own = this.#given.get(owner) ?? new Map<string, Consent>();
    this.#given.delete(owner);
    this.#given.set(owner, own.set(url, consent));
    this.#count++;
    const [oldestUrl] = own.keys();
    if (own.size > MAX_PER_OWNER && oldestUrl !== undefined) this.forget(owner, oldestUrl);
    const [first] = this.#given;
    const [oldest] = first?.[1].keys() ?? [];
    if (this.#count > MAX_CONSENTS && first !== undefined && oldest !== undefined) this.forget(first[0], oldest);
  }
}

function refused(why: string): ReceiverUnreachable {
  return new ReceiverUnreachable(`the receiver has not consented: ${why}`);
}
