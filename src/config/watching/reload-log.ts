import type { Clock, EventBus } from '../../core/index.js';
import type { ReloadProblem } from '../../service/index.js';

/** What is read, and how the log says that it cannot be used. */
export interface ReloadSource {
  readonly file: string | undefined;
  /** With its verb: `millrace.yaml is`. */
  readonly subject: string;
  readonly consequence: string;
}

/** Reports the results of reloads: each problem once, until it changes or ends. */
export class ReloadLog {
  readonly #clock: Clock;
  readonly #events: EventBus;
  /** By subject. */
  readonly #problems = new Map<string, string>();
  #deferred = '';

  constructor({ clock, events }: { readonly clock: Clock; readonly events: EventBus }) {
    this.#clock = clock;
    this.#events = events;
  }

  inForce(message: string): void {
    this.#events.publish('authReread', { isInForce: true, atMs: this.#clock.wallNow() });
    this.#publish('info', message);
  }

  usable({ subject }: ReloadSource): void {
    if (this.#problems.delete(subject)) this.inForce(`${subject} usable again`);
  }

  /** `isAsked`: an administrator has asked for the reload, so a known problem is logged again. */
  unusable({ file, subject, consequence }: ReloadSource, error: Error, isAsked: boolean): ReloadProblem {
    const message = `${subject} not usable, ${consequence}: ${error.message}`;
    const isNew = this.#problems.get(subject) !== message;
    this.#problems.set(subject, message);
    if (isNew) this.#events.publish('authReread', { isInForce: false, atMs: this.#clock.wallNow() });
    if (isNew || isAsked) this.#publish('warn', message);
    return { file, message };
  }

  /** Names the changed settings that take effect at the next start. */
  deferred(settings: readonly string[], file: string): void {
    const deferred = settings.join(', ');
    if (deferred === this.#deferred) return;
    this.#deferred = deferred;
    if (deferred !== '') this.#publish('warn', `${file} has changed: ${deferred} will take effect at the next start`);
  }

  #publish(level: 'info' | 'warn', message: string): void {
    this.#events.publish('diagnostic', { level, room: 'app', message });
  }
}
