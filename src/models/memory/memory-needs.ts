import type { EventBus } from '../../core/index.js';
import type { Engine, ModelStatus } from '../../engine/index.js';
import { estimateNeed, type KnownNeed, NeedBook } from '../../memory/index.js';
import { type ModelSource, resolveModelConfig } from '../../repository/index.js';

interface MemoryNeedsSetup {
  readonly engine: Pick<Engine, 'serving'>;
  readonly events: Pick<EventBus, 'subscribe'>;
  /** Files of a version that is known, loaded or not. */
  readonly sourceOf: (name: string, version: number) => ModelSource | undefined;
}

/** The memory that versions need: as it was measured when they were loaded last, else by the size of their files. */
export class MemoryNeeds {
  readonly #setup: MemoryNeedsSetup;
  readonly #book = new NeedBook();
  readonly #unsubscribe: () => void;

  constructor(setup: MemoryNeedsSetup) {
    this.#setup = setup;
    this.#unsubscribe = setup.events.subscribe('modelStateChanged', ({ ref, state }) => {
      if (state.kind !== 'ready') return;
      const info = setup.engine.serving(ref.name).find((each) => each.ref.generation === ref.generation);
      if (info?.memory !== undefined) this.#book.remember(info.source.digest, info.memory);
    });
  }

  /** undefined where the version lives in the server itself, or nothing is known of it. */
  of({ name, version, info }: Pick<ModelStatus, 'name' | 'version' | 'info'>): KnownNeed | undefined {
    if (info?.memory !== undefined) return { ...info.memory, isMeasured: true };
    const source = info?.source ?? this.#setup.sourceOf(name, version);
    return source && this.ofSource(source);
  }

  /** undefined where the version would live in the server itself. */
  ofSource(source: ModelSource): KnownNeed | undefined {
    const { instances } = resolveModelConfig(source.config, source.manifest);
    if (instances.placement === 'inline') return undefined;
    const measured = this.#book.of(source.digest);
    if (measured !== undefined) return { ...measured, isMeasured: true };
    return estimateNeed(source.sizeBytes, instances.count + instances.background);
  }

  close(): void {
    this.#unsubscribe();
  }
}
