import { type Clock, type EventBus, type MillraceError, toMillraceError } from '../../core/index.js';
import type { Declaration, DeclarationChange, DeclarationKind, Store } from '../../store/index.js';

interface DeclaredSetup {
  readonly store: Pick<Store, 'declarations'>;
  readonly clock: Clock;
  readonly events: EventBus;
}

type Listener = (changed: readonly Declaration[]) => void;

/** What has been declared through the API: in the store, and as it is in force. Changes come one after the other. */
export class Declared {
  readonly #setup: DeclaredSetup;
  readonly #inForce: Record<DeclarationKind, Map<string, Declaration>> = { labels: new Map(), route: new Map() };
  readonly #listeners: Listener[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #problem: MillraceError | undefined;
  #isLoaded = false;

  constructor(setup: DeclaredSetup) {
    this.#setup = setup;
  }

  /** Why what has been declared is not in force; undefined = it is. */
  get problem(): MillraceError | undefined {
    return this.#problem;
  }

  /** Told of everything that changes, once it is in the store and before anybody else gets to know; must not throw. */
  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Takes what the store has. Never rejects: where it cannot be read, that is told of, and the server goes on without. */
  async load(): Promise<void> {
    const { store, events } = this.#setup;
    try {
      const declarations = await store.declarations.current();
      this.#isLoaded = true;
      this.#problem = undefined;
      this.#take(declarations);
    } catch (error) {
      this.#problem = toMillraceError(error);
      const message = `no label and no route that was declared is in force: ${this.#problem.message}`;
      events.publish('diagnostic', { level: 'error', room: 'service', message, error });
    }
  }

  of(kind: DeclarationKind, name: string): Declaration | undefined {
    return this.#inForce[kind].get(name);
  }

  all(kind: DeclarationKind): readonly Declaration[] {
    return [...this.#inForce[kind].values()];
  }

  /** Runs `work`, which checks and then commits, when those before it are over. What the store could not read is read first. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(async () => {
      if (!this.#isLoaded) await this.load();
      if (this.#problem !== undefined) throw this.#problem;
      return work();
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** All of the changes or none. They are in the store and in force when it resolves. To be called in turn. */
  async commit(
    changes: readonly Omit<DeclarationChange, 'expectedRevision'>[],
    principal: string,
  ): Promise<readonly Declaration[]> {
    const { store, clock } = this.#setup;
    const expecting = changes.map((change) => ({
      ...change,
      expectedRevision: this.of(change.kind, change.name)?.revision,
    }));
    const changed = await store.declarations.change(expecting, { principal, atMs: clock.wallNow() });
    this.#take(changed);
    return changed;
  }

  /** Newest first. */
  history(kind: DeclarationKind, name: string, limit: number): Promise<readonly Declaration[]> {
    return this.#setup.store.declarations.history(kind, name, limit);
  }

  #take(declarations: readonly Declaration[]): void {
    for (const declaration of declarations) {
      const { kind, name, value } = declaration;
      if (value === undefined) this.#inForce[kind].delete(name);
      else this.#inForce[kind].set(name, declaration);
    }
    for (const listener of this.#listeners) listener(declarations);
  }
}
