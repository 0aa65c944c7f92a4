import type { PulledModel } from '../../sources/index.js';
import { formatDigest } from '../../sources/index.js';
import type { Colors } from '../io.js';
import { formatBytes } from './units.js';

const BAR_WIDTH = 24;

/** `smollm2 ━━━━━━━━━━━━──────────── 50 % 46.4 of 92.9 MB`; without a total, what has come so far. */
export function formatDownload(name: string, receivedBytes: number, totalBytes: number | undefined): string {
  if (totalBytes === undefined || totalBytes === 0) return `${name} ${formatBytes(receivedBytes)}`;
  const share = Math.min(1, receivedBytes / totalBytes);
  const done = Math.floor(share * BAR_WIDTH);
  const bar = `${'━'.repeat(done)}${'─'.repeat(BAR_WIDTH - done)}`;
  return `${name} ${bar} ${Math.floor(share * 100)} % ${formatBytes(receivedBytes)} of ${formatBytes(totalBytes)}`;
}

/** A line for each model. */
export function formatPulled(models: readonly PulledModel[], { dim, green }: Colors): string {
  return models
    .map(({ name, outcome, lock }) => {
      const files = Object.entries(lock.files).map(([file, { sizeBytes }]) => `${file} (${formatBytes(sizeBytes)})`);
      const from = [lock.artefact ?? lock.url ?? lock.source, formatDigest(lock.digest)].join(', ');
      return `${outcome === 'unchanged' ? dim(outcome) : green(outcome)} ${name}: ${files.join(', ')}\n  ${dim(from)}\n`;
    })
    .join('');
}

export function toJsonPulled({ name, outcome, folder, lock }: PulledModel) {
  const { digest, ...others } = lock;
  return { name, outcome, folder, ...others, digest: formatDigest(digest) };
}
