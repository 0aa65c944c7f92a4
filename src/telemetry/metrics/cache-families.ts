import type { CacheUsage } from '../../engine/index.js';
import { type Family, NO_LABELS, single, toMicroseconds } from './family.js';
import type { VersionMetrics } from './version-metrics.js';
import type { VersionRegistry } from './version-registry.js';

/** Triton's metrics of the response cache: of versions that have used it, and of the cache as a whole where there is one. */
export function cacheFamilies(versions: VersionRegistry, usage: () => CacheUsage | undefined): readonly Family[] {
  const counter = (name: string, help: string, read: (version: VersionMetrics) => number): Family => ({
    name,
    help,
    type: 'counter',
    *collect() {
      for (const version of versions.all()) {
        if (version.cacheHits + version.cacheMisses === 0) continue;
        yield { labels: NO_LABELS, sharedLabels: version.labels, value: read(version) };
      }
    },
  });
  const gauge = (name: string, help: string, read: (cache: CacheUsage) => number): Family => ({
    name,
    help,
    type: 'gauge',
    collect() {
      const cache = usage();
      return cache === undefined ? [] : single(read(cache));
    },
  });
  return [
    counter('nv_cache_num_hits_per_model', 'Number of cache hits per model', ({ cacheHits }) => cacheHits),
    counter('nv_cache_num_misses_per_model', 'Number of cache misses per model', ({ cacheMisses }) => cacheMisses),
    counter(
      'nv_cache_hit_duration_per_model',
      'Total cache hit duration per model, in microseconds',
      ({ cacheHitMs }) => toMicroseconds(cacheHitMs),
    ),
    counter(
      'nv_cache_miss_duration_per_model',
      'Total cache miss (insert+lookup) duration per model, in microseconds',
      ({ cacheMissMs }) => toMicroseconds(cacheMissMs),
    ),
    gauge('nv_cache_util', 'Cache utilization [0.0 - 1.0]', ({ usedBytes, maxBytes }) => usedBytes / maxBytes),
    gauge('nv_cache_num_entries', 'Number of responses stored in response cache', ({ entries }) => entries),
    gauge('nv_cache_num_lookups', 'Number of cache lookups in response cache', ({ hits, misses }) => hits + misses),
    gauge('nv_cache_num_hits', 'Number of cache hits in response cache', ({ hits }) => hits),
    gauge('nv_cache_num_misses', 'Number of cache misses in response cache', ({ misses }) => misses),
    gauge('nv_cache_num_evictions', 'Number of cache evictions in response cache', ({ evictions }) => evictions),
    gauge('nv_cache_lookup_duration', 'Total cache lookup duration (hit and miss), in microseconds', ({ lookupMs }) =>
      toMicroseconds(lookupMs),
    ),
    gauge('nv_cache_insertion_duration', 'Total cache insertion duration, in microseconds', ({ insertionMs }) =>
      toMicroseconds(insertionMs),
    ),
  ];
}
