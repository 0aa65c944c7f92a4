import { type CallOrigin, isLoopback } from '../../core/index.js';
import type { Link } from '../http/link.js';

/**
 * The link of one request that the program hands over. Its client is never local, whatever its address: no socket shows where the
 * request comes from, so that rights of this machine's users would be anyone's whom the program lets in.
 */
export class HandedOver implements Link {
  readonly from: CallOrigin;
  readonly proxies = undefined;
  readonly viaLoopback: boolean;
  readonly fromHere = false;
  readonly isHandedOver = true;
  readonly certificate = undefined;
  closing = false;
  hasSaidClose = false;
  hasFarewell = false;
  isStalled = false;
  readonly #url: URL;

  /** `address`: the client's, '' = not known. */
  constructor(url: URL, address: string) {
    this.#url = url;
    this.from = { remoteAddress: address, transport: 'http' };
    this.viaLoopback = isLoopback(address);
  }

  add(): void {}

  remove(): void {}

  /** It has one exchange. */
  isNewest(): boolean {
    return true;
  }

  originFor(host = this.#url.host): string {
    return `${this.#url.protocol}//${host}`;
  }
}
