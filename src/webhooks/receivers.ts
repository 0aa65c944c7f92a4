import { invalidArgument, MillraceError, quoted } from '../core/index.js';
import { isListedHost } from '../network/index.js';
import type { WebhooksOptions } from './options.js';

const MAX_URL_LENGTH = 1_024;

/** Where the caller's URL was, for messages. */
const PLACE = 'webhook';

/** Which URLs notifications may be sent to. */
export class Receivers {
  readonly #options: Pick<WebhooksOptions, 'allow' | 'allowFor' | 'allowPrivate'>;

  constructor(options: Pick<WebhooksOptions, 'allow' | 'allowFor' | 'allowPrivate'>) {
    this.#options = options;
  }

  /** The URL of a receiver that the principal (by name) may name. Throws `invalid_argument` or `permission_denied`. */
  check(principal: string, text: string): URL {
    if (text.length > MAX_URL_LENGTH) {
      throw invalidArgument(`${PLACE}: expected at most ${MAX_URL_LENGTH} characters, got ${text.length}`);
    }
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      throw invalidArgument(`${PLACE}: expected a URL such as https://hooks.example.com/jobs, got ${quoted(text)}`);
    }
    if (url.username !== '' || url.password !== '' || url.hash !== '') {
      throw invalidArgument(
        `${PLACE}: expected a URL without user, password and fragment, got ${quoted(url.host)} with one`,
      );
    }
    const { allow, allowFor } = this.#options;
    // A name such as `constructor` is no entry.
    const own = Object.hasOwn(allowFor, principal) ? (allowFor[principal] ?? []) : [];
    if (!isListedHost([...allow, ...own], url)) {
      throw new MillraceError(
        'permission_denied',
        `${PLACE}: '${url.host}' is not a receiver that jobs.webhooks.allow lists`,
      );
    }
    if (url.protocol === 'http:' && !this.isPrivate(url)) {
      throw invalidArgument(
        `${PLACE}: expected https:, got http: ('${url.host}' is not in jobs.webhooks.allowPrivate)`,
      );
    }
    return url;
  }

  /** It may have internal addresses. */
  isPrivate(url: URL): boolean {
    return isListedHost(this.#options.allowPrivate, url);
  }
}
