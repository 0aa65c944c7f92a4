import { type Call, type InferTarget, MillraceError, toMillraceError } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import { admit } from '../governance/index.js';
import { chooseVersion } from '../routing/index.js';
import { findVersion, type VersionLookup } from './find-version.js';
import type { Resolved, ResolveOptions } from './types.js';

const NO_OPTIONS: ResolveOptions = {};

interface ResolutionDependencies {
  readonly lookup: VersionLookup;
  /** Called when a call ends because it could not be resolved. */
  readonly onRefused: (call: Call, target: InferTarget, error: MillraceError) => void;
}

/** What only this room knows of what it has resolved. */
export interface Resolution extends Resolved {
  readonly options: ResolveOptions;
}

/** Lets a call in and chooses the version that answers it. */
export function createResolution({ lookup, onRefused }: ResolutionDependencies) {
  function resolve(call: Call, target: InferTarget, options = NO_OPTIONS): Resolved {
    try {
      admit(call.principal, 'infer');
      const info = findVersion(lookup, target);
      checkAnswers(info, options);
      // The brand keeps everybody else from making one; it is not there at run time.
      return { target, info, options } as Pick<Resolution, 'target' | 'info' | 'options'> as Resolution;
    } catch (error) {
      onRefused(call, target, toMillraceError(error));
      throw error;
    }
  }

  /** The version that runs it now: loaded again or not, the resolved one while it serves. Throws as {@link resolve}. */
  function versionNow(resolved: Resolved): ModelInfo {
    const { target, info, options } = resolved as Resolution;
    const now = chooseVersion(lookup.engine.serving(info.ref.name), info.ref.version) ?? findVersion(lookup, target);
    if (now !== info) checkAnswers(now, options);
    return now;
  }

  return { resolve, versionNow };
}

function checkAnswers({ ref, decoupled, generates }: ModelInfo, { onlyOne, whole = false }: ResolveOptions): void {
  if (onlyOne === undefined || !decoupled || (generates !== undefined && whole)) return;
  throw new MillraceError('unimplemented', `model '${ref.name}' may give several answers, ${onlyOne}`);
}
