import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Clock } from '../../core/index.js';

/** The heads of answers, byte for byte as `node:http` writes them. */
export class AnswerHeads {
  readonly #clock: Clock;
  readonly #keepAlive: string;
  readonly #validNames = new Set<string>();
  #second = 0;
  #date = '';

  constructor(clock: Clock, keepAliveTimeoutMs: number) {
    this.#clock = clock;
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveTimeoutMs / 1_000)}\r\n`;
  }

  /** `headers`: flat, each name before its value. Throws where HTTP does not allow one of them, as `writeHead` does. */
  render(status: number, headers: readonly string[], close: boolean): string {
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] as string;
      const value = headers[at + 1] as string;
      this.#check(name, value);
      text += `${name}: ${value}\r\n`;
    }
    return `${text}Date: ${this.#now()}\r\n${close ? '' : this.#keepAlive}\r\n`;
  }

  #check(name: string, value: string): void {
    if (!this.#validNames.has(name)) {
      validateHeaderName(name);
      if (this.#validNames.size < 100) this.#validNames.add(name);
    }
    validateHeaderValue(name, value);
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
