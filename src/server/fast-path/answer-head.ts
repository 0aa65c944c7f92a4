import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Clock } from '../../core/index.js';

const MAX_REMEMBERED = 100;

/** The heads of answers, byte for byte as `node:http` writes them. */
export class AnswerHeads {
  readonly #clock: Clock;
  readonly #keepAlive: string;
  /** By name the value that was found valid last: dialects repeat themselves. */
  readonly #valid = new Map<string, string>();
  #second = 0;
  #date = '';

  constructor(clock: Clock, keepAliveTimeoutMs: number) {
    this.#clock = clock;
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveTimeoutMs / 1_000)}\r\n`;
  }

  /** Throws where HTTP does not allow one of the headers that a dialect gives, as `writeHead` does. */
  check(headers: Readonly<Record<string, string>>): void {
    for (const name in headers) {
      const value = headers[name] as string;
      if (this.#valid.get(name) === value) continue;
      validateHeaderName(name);
      validateHeaderValue(name, value);
      if (this.#valid.size >= MAX_REMEMBERED) this.#valid.clear();
      this.#valid.set(name, value);
    }
  }

  /** `headers`: flat, each name before its value, and what a dialect gave has passed {@link check}. */
  render(status: number, headers: readonly string[], close: boolean): string {
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
    for (let at = 0; at < headers.length; at += 2) {
      text += `${headers[at]}: ${headers[at + 1]}\r\n`;
    }
    return `${text}Date: ${this.#now()}\r\n${close ? '' : this.#keepAlive}\r\n`;
  }

  #now(): string {
    const wallMs = this.#clock.wallNow();
    const second = Math.floor(wallMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = new Date(wallMs).toUTCString();
    }
    return this.#date;
  }
}
