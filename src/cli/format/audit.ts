import type { ChainReport, FoundEntry, VerifyReport } from '../../audit/index.js';
import { escapeInvisible } from './escape-invisible.js';
import { formatTable, type TableStyle } from './table.js';

/** Entries as a table, the newest first. */
export function formatEntries(entries: readonly FoundEntry[], style: TableStyle): string {
  const text = (name: string) => (found: FoundEntry) => escapeInvisible(String(found.entry[name] ?? ''));
  return formatTable<FoundEntry>(
    [
      { header: 'TIME', cell: text('time') },
      { header: 'WHO', cell: text('principal') },
      { header: 'FROM', cell: text('remote_address'), leaveOut: 2 },
      { header: 'ACTION', cell: (found) => text('action')(found) || text('type')(found) },
      { header: 'RESOURCE', cell: text('resource') },
      { header: 'OUTCOME', cell: text('outcome') },
      { header: 'COUNT', align: 'right', cell: text('count'), leaveOut: 3 },
      { header: 'REQUEST', cell: text('request_id'), leaveOut: 1 },
    ],
    entries,
    style,
  );
}

/** What verification has found, in sentences: of each chain what is there and how far that is vouched for; then what is wrong. */
export function formatVerification({ chains, faults, checkpoints }: VerifyReport): string {
  const said = chains.map((chain) => `${chain.chain}: ${describe(chain, checkpoints !== undefined)}\n`);
  const wrong = faults.map(({ kind, message }) => `${kind}: ${escapeInvisible(message)}\n`);
  const verdict = faults.length === 0 ? 'nothing was altered, removed or put elsewhere' : `${faults.length} found`;
  return `${said.join('')}${wrong.join('')}${verdict}${limits(checkpoints)}\n`;
}

function describe(chain: ChainReport, hasCheckpoints: boolean): string {
  const { entries, inferences, firstSeq, lastSeq, lastTime, cutBy, hasEnded, isTorn, vouchedSeq } = chain;
  if (entries === 0) return 'no entry is as it was written';
  const asked = inferences === 0 ? '' : `, with ${inferences} inferences`;
  const parts = [`entries ${firstSeq} to ${lastSeq}${asked} (${lastTime})`];
  if (cutBy !== undefined) parts.push(`those before were removed by rule (${cutBy})`);
  if (vouchedSeq === undefined) parts.push('nobody else names any of them');
  else
    parts.push(
      `vouched for up to ${vouchedSeq} by ${hasCheckpoints ? 'a checkpoint, or the chain after it' : 'the chain after it'}`,
    );
  if (isTorn) parts.push('its last line was not written in full');
  parts.push(hasEnded ? 'the server stopped in order' : 'the server goes on, or was killed');
  return parts.join('; ');
}

function limits(checkpoints: VerifyReport['checkpoints']): string {
  if (checkpoints === undefined) {
    return '; whether the end was cut off, or all of it written anew, is known only with checkpoints (--checkpoint)';
  }
  return `; ${checkpoints.count} checkpoints, the last of ${checkpoints.lastTime || 'no time'}: what came later may be cut off`;
}
