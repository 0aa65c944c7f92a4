import type { ModelRef } from '../../core/index.js';
import { VersionMetrics } from './version-metrics.js';

/** Versions that are gone keep their counters, so that no increment is lost between two scrapes; this many of them. */
const MAX_RETIRED = 256;

type VersionName = Pick<ModelRef, 'name' | 'version'>;

/**
 * The counters of every version by name and number. They outlive a reload (a new generation counts on) and, for the
 * versions unloaded last, the unload; so they are bounded however often models come and go.
 */
export class VersionRegistry {
  readonly #byName = new Map<string, Map<number, VersionMetrics>>();
  readonly #retired = new Set<VersionMetrics>();

  /** Those of a version that the engine knows; made on first sight. A name that only a caller says must not come here. */
  of(ref: VersionName): VersionMetrics {
    return this.known(ref) ?? this.#create(ref);
  }

  /** Those of a version that has any. */
  known({ name, version }: VersionName): VersionMetrics | undefined {
    return this.#byName.get(name)?.get(version);
  }

  /** The version serves (again). */
  activate(ref: VersionName): VersionMetrics {
    const metrics = this.of(ref);
    this.#retired.delete(metrics);
    return metrics;
  }

  /** The version does not serve any longer, or never came to. */
  retire(ref: VersionName): void {
    const metrics = this.known(ref);
    if (metrics === undefined) return;
    metrics.loadMs = undefined;
    this.#retired.add(metrics);
    if (this.#retired.size > MAX_RETIRED) this.#forgetOldest();
  }

  *all(): Generator<VersionMetrics> {
    for (const versions of this.#byName.values()) yield* versions.values();
  }

  #create({ name, version }: VersionName): VersionMetrics {
    const metrics = new VersionMetrics(name, version);
    const versions = this.#byName.get(name) ?? new Map<number, VersionMetrics>();
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
