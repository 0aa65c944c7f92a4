import { SerialQueue } from '../../async/index.js';
import { type Clock, type EventBus, type MillraceError, toMillraceError } from '../../core/index.js';
import type { Declaration, DeclarationChange, DeclarationKind, Store } from '../../store/index.js';

interface DeclaredSetup {
  readonly store: Pick<Store, 'declarations'>;
  readonly clock: Clock;
  readonly events: EventBus;
}

type Listener = (changed: readonly Declaration[]) => void;

/** Declarations through the API, of this server and others: in the store, and as they are in force. Changes come one after the other. */
export class Declared {
  readonly #setup: DeclaredSetup;
  readonly #inForce: Record<DeclarationKind, Map<string, Declaration>> = { labels: new Map(), route: new Map() };
  readonly #listeners: Listener[] = [];
  readonly #turns = new SerialQueue();
  #problem: MillraceError | undefined;
  #isLoaded = false;
  /** Of what was read last, in the order of all that is written to the store. */
  #position: number | undefined;

  constructor(setup: DeclaredSetup) {
    this.#setup = setup;
  }

  /** Why what has been declared is not in force; undefined = it is. */
  get problem(): MillraceError | undefined {
    return this.#problem;
  }

  /** Called for each change once it is stored, before anything else learns of it; must not throw. */
  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Reads the store. Never rejects: a failure is reported, and the server continues without declarations. */
  load(): Promise<void> {
    return this.#turns.run(() => this.#load());
  }

  /** Takes what other processes have declared. Rejects where it cannot be read. */
  catchUp(): Promise<void> {
    return this.#turns.run(() => this.#catchUp());
  }

  of(kind: DeclarationKind, name: string): Declaration | undefined {
    return this.#inForce[kind].get(name);
  }

  all(kind: DeclarationKind): readonly Declaration[] {
    return [...this.#inForce[kind].values()];
  }

  /** Runs `work`, which checks and then commits, when those before it are over. What other processes have declared is in force by then. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.run(async () => {
      await this.#catchUp();
      return work();
    });
  }

  /** All of the changes or none, of what is in force now. They are in the store and in force when it resolves. To be called in turn. */
  async commit(
    changes: readonly Omit<DeclarationChange, 'expectedRevision'>[],
    principal: string,
  ): Promise<readonly Declaration[]> {
    const { store, clock } = this.#setup;
    const expecting = changes.map((change) => ({
      ...change,
      expectedRevision: this.of(change.kind, change.name)?.revision ?? 0,
    }));
    const changed = await store.declarations.change(expecting, { principal, atMs: clock.wallNow() });
    this.#take(changed);
    return changed;
  }

  /** Newest first. */
  history(kind: DeclarationKind, name: string, limit: number): Promise<readonly Declaration[]> {
    return this.#setup.store.declarations.history(kind, name, limit);
  }

  async #load(): Promise<void> {
    const { events } = this.#setup;
    const before = this.#problem?.message;
    try {
      await this.#readAll();
      this.#isLoaded = true;
      this.#problem = undefined;
      if (before === undefined) return;
      const message = 'labels and routes that were declared can be read again, and are in force';
      events.publish('diagnostic', { level: 'info', room: 'service', message });
    } catch (error) {
      this.#problem = toMillraceError(error);
      if (this.#problem.message === before) return;
      const message = `no label and no route that was declared is in force: ${this.#problem.message}`;
      events.publish('diagnostic', { level: 'error', room: 'service', message, error });
    }
  }

  async #catchUp(): Promise<void> {
    if (!this.#isLoaded) {
      await this.#load();
      if (this.#problem !== undefined) throw this.#problem;
      return;
    }
    for (let hasMore = true; hasMore; ) {
      const since = await this.#setup.store.declarations.since(this.#position);
      if (since === undefined) return this.#readAll();
      this.#take(since.written);
      this.#position = since.position;
      hasMore = since.hasMore;
    }
  }

  /** Also where it is not known what has changed. */
  async #readAll(): Promise<void> {
    const { declarations } = this.#setup.store;
    const position = await declarations.position();
    const current = await declarations.current();
    const isThere = new Set(current.map(({ kind, name }) => `${kind} ${name}`));
    const before = [...this.all('labels'), ...this.all('route')];
    const removed = before.filter(({ kind, name }) => !isThere.has(`${kind} ${name}`));
    this.#take([...current, ...removed.map((declaration) => ({ ...declaration, value: undefined }))]);
    this.#position = position;
  }

  /** Changes of other processes; this process has applied its own already. */
  #take(written: readonly Declaration[]): void {
    const declarations = written.filter(({ kind, name, revision, value }) => {
      const known = this.of(kind, name);
      return value === undefined ? known !== undefined : known?.revision !== revision;
    });
    if (declarations.length === 0) return;
    for (const declaration of declarations) {
      const { kind, name, value } = declaration;
      if (value === undefined) this.#inForce[kind].delete(name);
      else this.#inForce[kind].set(name, declaration);
    }
    for (const listener of this.#listeners) listener(declarations);
  }
}
