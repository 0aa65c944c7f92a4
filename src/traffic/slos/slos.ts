import type { CallContext, Events } from '../../core/index.js';
import { admit } from '../../governance/index.js';
import { isUnaccounted } from '../../metering/index.js';
import { budgetRemaining, countOf, type Slo, type SlosOptions, slosOf, statusOf } from '../../slos/index.js';
import { SloBook, type SloBookSetup } from './slo-book.js';
import type { SloGauge, SloReport, SloUseCases } from './types.js';

/** Counts the requests of callers for the objectives of their models and routes. */
export class Slos {
  readonly useCases: SloUseCases;
  readonly #setup: SloBookSetup;
  readonly #slos: readonly Slo[];
  readonly #book: SloBook;
  readonly #ofModels = new Map<string, Slo[]>();
  readonly #ofRoutes = new Map<string, Slo[]>();
  readonly #unsubscribe: () => void;

  constructor(options: SlosOptions, setup: SloBookSetup) {
    this.#setup = setup;
    this.#slos = slosOf(options).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    this.#book = new SloBook(this.#slos, setup);
    for (const slo of this.#slos) {
      const ofScope = slo.scope.kind === 'model' ? this.#ofModels : this.#ofRoutes;
      ofScope.set(slo.scope.name, [...(ofScope.get(slo.scope.name) ?? []), slo]);
    }
    this.#unsubscribe =
      this.#slos.length === 0
        ? () => undefined
        : setup.events.subscribe('inferFinished', (event) => this.#inferFinished(event));
    this.useCases = { list: async (call) => this.#visibleTo(call).map((slo) => this.#reportOf(slo)) };
  }

  gauges(): readonly SloGauge[] {
    return this.#slos.map((slo) => {
      const counts = this.#book.countsOf(slo.name);
      const { requests, bad } = counts.total;
      const remaining = budgetRemaining(slo, counts, this.#setup.clock.wallNow());
      return { slo: slo.name, objective: slo.objective, requests, bad, budgetRemaining: remaining };
    });
  }

  /** Adds the counts of earlier runs. */
  load(): Promise<void> {
    return this.#book.load();
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#book.close();
  }

  #visibleTo({ principal }: CallContext): readonly Slo[] {
    admit(principal, 'model.observe', '');
    return this.#slos.filter(({ scope }) => principal.rights.allowOwn('model.observe', scope.name));
  }

  #reportOf(slo: Slo): SloReport {
    return { ...slo, ...statusOf(slo, this.#book.countsOf(slo.name), this.#setup.clock.wallNow()) };
  }

  #inferFinished(event: Events['inferFinished']): void {
    const { call, target, ref, error } = event;
    // Calls of models are a part of their caller's request; jobs and the background have no one waiting.
    if (isUnaccounted(event) || call.callers.length > 0) return;
    if (call.job !== undefined || call.priority === 'background') return;
    const { timing } = call;
    const model = (ref ?? timing.answeredBy)?.name ?? target.name;
    const slos = [...(this.#ofModels.get(model) ?? []), ...(this.#ofRoutes.get(timing.route || target.name) ?? [])];
    if (slos.length === 0) return;
    const request = {
      code: error?.code,
      totalMs: this.#setup.clock.now() - timing.receivedAt,
      firstAnswerMs: timing.firstResponseAt === 0 ? undefined : timing.firstResponseAt - timing.receivedAt,
    };
    for (const slo of slos) {
      const count = countOf(slo, request);
      if (count !== undefined) this.#book.add(slo.name, count === 'bad');
    }
  }
}
