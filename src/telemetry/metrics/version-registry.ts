import type { ModelRef } from '../../core/index.js';
import { VersionMetrics } from './version-metrics.js';

/** Versions that are gone keep their counters, so that no increment is lost between two scrapes; this many of them. */
const MAX_RETIRED = 256;

type ByVersion = Map<number, VersionMetrics>;

/**
 * The counters of every version by name and number. They outlive a reload (a new generation counts on) and, for the
 * versions unloaded last, the unload; so they are bounded however often models come and go.
 */
export class VersionRegistry {
  readonly #byName = new Map<string, ByVersion>();
  readonly #generations = new Map<VersionMetrics, number>();
  readonly #retired = new Set<VersionMetrics>();

  /** Those of a version that the engine has chosen; made on first sight. Only real versions may come here. */
  of(ref: Pick<ModelRef, 'name' | 'version'>): VersionMetrics {
    return this.#byName.get(ref.name)?.get(ref.version) ?? this.#create(ref);
  }

  /** The version serves (again). */
  activate(ref: ModelRef): VersionMetrics {
    const metrics = this.of(ref);
    this.#retired.delete(metrics);
    this.#generations.set(metrics, ref.generation);
    return metrics;
  }

  /** The generation is gone or never came to serve. Nothing happens when another one serves in its place. */
  retire(ref: ModelRef): void {
    const metrics = this.#byName.get(ref.name)?.get(ref.version);
    if (metrics === undefined || (this.#generations.get(metrics) ?? ref.generation) !== ref.generation) return;
    metrics.loadMs = undefined;
    this.#generations.delete(metrics);
    this.#retired.add(metrics);
    if (this.#retired.size > MAX_RETIRED) this.#forgetOldest();
  }

  *all(): Generator<VersionMetrics> {
    for (const versions of this.#byName.values()) yield* versions.values();
  }

  #create({ name, version }: Pick<ModelRef, 'name' | 'version'>): VersionMetrics {
    const metrics = new VersionMetrics(name, version);
    const versions: ByVersion = this.#byName.get(name) ?? new Map();
    versions.set(version, metrics);
    this.#byName.set(name, versions);
    return metrics;
  }

  #forgetOldest(): void {
    const [oldest] = this.#retired;
    if (oldest === undefined) return;
    this.#retired.delete(oldest);
    const versions = this.#byName.get(oldest.model);
    versions?.delete(oldest.version);
    if (versions?.size === 0) this.#byName.delete(oldest.model);
  }
}
