import { type ResolvedModelConfig, resolveSequenceBatching } from '../../repository/index.js';
import type { SequenceLimits } from './sequence.js';

/** How the sequences of a model are kept; `batchRows` = the most rows of a batch of it, 1 when it does not batch. */
export function sequenceLimits(
  { sequenceBatching, instances }: ResolvedModelConfig,
  batchRows: number,
): SequenceLimits {
  const config = sequenceBatching ?? resolveSequenceBatching();
  const ids = config.controls.find(({ kind }) => kind === 'correlationId');
  const direct = config.strategy === 'direct';
  const slotsPerInstance = direct ? batchRows : config.maxCandidateSequences;
  return {
    slotsPerInstance,
    maxPerPrincipal: config.maxSequencesPerPrincipal ?? Math.ceil((slotsPerInstance * instances.count) / 2),
    maxIdleMs: config.maxIdleMs,
    minSlotUtilization: direct ? config.minSlotUtilization : undefined,
    idInput: ids === undefined ? undefined : { name: ids.name, datatype: ids.datatype },
  };
}
