import { failedRows, type RemoteProgress, type RunProgress } from '../../batch-files/index.js';
import { formatCount, formatMs } from '../format/units.js';

const BAR_WIDTH = 24;

/** A run's speed and end, from where it has begun. */
interface Pace {
  readonly rowsPerSecond: number;
  /** undefined = cannot be said yet. */
  readonly leftMs: number | undefined;
}

/** `elapsedMs`: of this run; `beganAt`: the part of the input that earlier runs had read. */
export function paceOf({ counts, resumedRows, share }: RunProgress, elapsedMs: number, beganAt: number): Pace {
  const rows = counts.rows - resumedRows;
  const done = share - beganAt;
  return {
    rowsPerSecond: elapsedMs > 0 ? (rows * 1_000) / elapsedMs : 0,
    leftMs: done > 0 ? ((1 - share) * elapsedMs) / done : undefined,
  };
}

/** `[█████░░░] 41% · 410,000 of 1,000,000 rows · 85,210 rows/s · 3 failed · ETA 6.92 s`. */
export function formatProgress(progress: RunProgress, pace: Pace, withBar: boolean): string {
  const { counts, totalRows, share } = progress;
  const failed = failedRows(counts);
  return [
    formatShare(share, withBar),
    `${formatCount(counts.rows)}${totalRows === undefined ? '' : ` of ${formatCount(totalRows)}`} rows`,
    `${formatCount(pace.rowsPerSecond)} rows/s`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(pace.leftMs === undefined ? [] : [`ETA ${formatMs(Math.round(pace.leftMs))}`]),
  ].join(' · ');
}

/** `[█████░░░] 41% · 3,200 of 7,813 requests answered · 2 failed`. */
export function formatRequests({ done, total, failed }: RemoteProgress, withBar: boolean): string {
  return [
    formatShare(total === 0 ? 0 : done / total, withBar),
    `${formatCount(done)} of ${formatCount(total)} requests answered`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
  ].join(' · ');
}

function formatShare(share: number, withBar: boolean): string {
  const filled = Math.round(share * BAR_WIDTH);
  const bar = withBar ? `[${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}] ` : '';
  return `${bar}${Math.floor(share * 100)}%`;
}
