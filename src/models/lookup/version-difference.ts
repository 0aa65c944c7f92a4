import type { ModelInfo } from '../../engine/index.js';
import { signatureDifference } from '../../routing/index.js';

type Compared = Pick<ModelInfo, 'signature' | 'decoupled'>;

/** Why a version cannot answer what another one is asked, as a sentence; undefined = it can. */
export function versionDifference(one: Compared, other: Compared): string | undefined {
  return (
    signatureDifference(one.signature, other.signature) ??
    (one.decoupled === other.decoupled ? undefined : 'one of the two may give several answers to a request')
  );
}
