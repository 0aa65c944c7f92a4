import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Attack } from './attacks.js';
import type { Target } from './shots.js';

/** What the process of an attacker is sent. */
export type Order =
  | { readonly do: 'arm'; readonly attack: string; readonly target: Target }
  | { readonly do: 'begin'; readonly timesPerSecond: number }
  | { readonly do: 'end' };

/** What an attack came to. */
export interface Report {
  /** Requests or connections by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** From when each attack was due until it began. */
  readonly latenessMs: readonly number[];
  /** Of the attacker's process, until it was told to end. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

const ENTRY = new URL('./attacker-process.js', import.meta.url);

/** A process that attacks a server. */
export class Attacker {
  readonly #child: ChildProcess;
  readonly #timesPerSecond: number;

  private constructor(child: ChildProcess, timesPerSecond: number) {
    this.#child = child;
    this.#timesPerSecond = timesPerSecond;
  }

  /** Starts the process and lets it prepare the attack. */
  static async start({ id, timesPerSecond }: Attack, target: Target): Promise<Attacker> {
    const attacker = new Attacker(fork(ENTRY), timesPerSecond);
    await attacker.#ask({ do: 'arm', attack: id, target });
    return attacker;
  }

  begin(): void {
    this.#child.send({ do: 'begin', timesPerSecond: this.#timesPerSecond } satisfies Order);
  }

  /** Ends the attack when its last outcomes are there, or after two seconds. */
  async end(): Promise<Report> {
    return (await this.#ask({ do: 'end' })) as Report;
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  async #ask(order: Order): Promise<unknown> {
    const answered = once(this.#child, 'message');
    const exited = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`the attacker's process ended with ${code}`);
    });
    this.#child.send(order);
    const [answer] = await Promise.race([answered, exited]);
    return answer;
  }
}
