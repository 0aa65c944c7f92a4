import { type Clock, type EventBus, MillraceError, messageOf } from '../core/index.js';
import type { ListeningSocket } from '../systemd/index.js';
import { type FromSuccessor, PROTOCOL } from './messages.js';
import { missingModels } from './missing-models.js';
import type { Successor } from './successor.js';

/** Models may take long to load; a process that takes longer is given up. */
const TIMEOUT_MS = 600_000;

const ENDING = 'this server is ending';

/** The process that serves now. */
export interface Upgraded {
  readonly pid: number;
  /** Of millrace. */
  readonly version: string;
}

export interface UpgraderSetup {
  readonly clock: Clock;
  readonly events: EventBus;
  /** Why this server cannot be upgraded now; undefined = it can. */
  readonly refusal: () => Promise<string | undefined>;
  readonly sockets: () => readonly ListeningSocket[];
  /** Names of the models that answer. */
  readonly served: () => readonly string[];
  readonly start: () => Promise<Successor>;
  /** The new process answers, and this one is to end. */
  readonly onTakenOver: (upgraded: Upgraded) => void;
}

/** Replaces this server by a new process. Until that answers, nothing changes here: where it does not, this server goes on. */
export class Upgrader {
  readonly #setup: UpgraderSetup;
  #state: 'serving' | 'upgrading' | 'over' = 'serving';
  #successor: Successor | undefined;
  #replacing: Promise<Upgraded> | undefined;

  constructor(setup: UpgraderSetup) {
    this.#setup = setup;
  }

  /** Resolves once the new process answers. Rejects with `failed_precondition` and the reason. `by`: who asks, for the log. */
  async upgrade(by: string): Promise<Upgraded> {
    if (this.#state === 'upgrading') throw refused('an upgrade is under way');
    if (this.#state === 'over') throw refused(ENDING);
    this.#state = 'upgrading';
    this.#publish('info', `upgrade by ${by} begins`);
    try {
      this.#replacing = this.#replace();
      const upgraded = await this.#replacing;
      this.#state = 'over';
      this.#publish('info', `upgrade by ${by}: process ${upgraded.pid} serves (millrace ${upgraded.version})`);
      this.#setup.onTakenOver(upgraded);
      return upgraded;
    } catch (error) {
      const goesOn = this.#state === 'upgrading';
      if (goesOn) this.#state = 'serving';
      const reason = goesOn ? messageOf(error) : ENDING;
      this.#publish('error', `upgrade by ${by} failed${goesOn ? ', and this server goes on' : ''}: ${reason}`);
      throw refused(reason);
    }
  }

  /** This server stops: there is no upgrade any more. Resolves when no new process runs. */
  async close(): Promise<void> {
    if (this.#state === 'over') return;
    this.#state = 'over';
    await this.#successor?.end();
    // Where it was only starting: it is ended as soon as there is one.
    await this.#replacing?.catch(() => undefined);
  }

  async #replace(): Promise<Upgraded> {
    const { clock, refusal, sockets, served, start } = this.#setup;
    const reason = await refusal();
    if (reason !== undefined) throw new Error(reason);
    this.#checkGoingOn();
    const successor = await start();
    this.#successor = successor;
    let late = (): void => undefined;
    const timer = clock.setTimer(TIMEOUT_MS, () => late());
    const timedOut = new Promise<never>((_, reject) => {
      late = () => reject(new Error(`the new process was not ready within ${TIMEOUT_MS / 1_000} s`));
    });
    timedOut.catch(() => undefined);
    const next = <Kind extends FromSuccessor['kind']>(kind: Kind) => Promise.race([expect(successor, kind), timedOut]);
    try {
      this.#checkGoingOn();
      for (const { handle, ...socket } of sockets()) successor.send({ kind: 'socket', ...socket }, handle);
      successor.send({ kind: 'begin', protocol: PROTOCOL });
      const { version, models } = await next('loaded');
      const missing = missingModels(served(), models);
      if (missing !== undefined) throw new Error(missing);
      successor.send({ kind: 'proceed' });
      await next('ready');
      successor.release();
      return { pid: successor.pid, version };
    } catch (error) {
      await successor.end();
      throw error;
    } finally {
      timer.clear();
      this.#successor = undefined;
    }
  }

  /** Throws where the server has begun to stop. */
  #checkGoingOn(): void {
    if (this.#state === 'over') throw new Error(ENDING);
  }

  #publish(level: 'info' | 'error', message: string): void {
    this.#setup.events.publish('diagnostic', { level, room: 'app', message });
  }
}

/** The next message, which is to be of this kind. */
async function expect<Kind extends FromSuccessor['kind']>(
  successor: Successor,
  kind: Kind,
): Promise<Extract<FromSuccessor, { readonly kind: Kind }>> {
  const message = await successor.next();
  if (message.kind === 'refused') throw new Error(`the new process does not take over: ${message.reason}`);
  if (message.kind !== kind) throw new Error(`the new process said '${message.kind}', expected '${kind}'`);
  return message as Extract<FromSuccessor, { readonly kind: Kind }>;
}

function refused(reason: string): MillraceError {
  return new MillraceError('failed_precondition', reason);
}
