import { MillraceError, msg, namedVersion } from '../core/index.js';
import type { OtherModel } from '../runtimes/index.js';
import type { Engine } from './types.js';

/**
 * What a model that is made of others may know of one of them: of the version that serves, the newest where `version` is
 * undefined. Throws `failed_precondition`, with the reason, where none does.
 */
export function describeOther(
  engine: Pick<Engine, 'serving' | 'statusesOf'>,
  name: string,
  version: number | undefined,
): OtherModel {
  const serving = engine.serving(name);
  const info = version === undefined ? serving.at(-1) : serving.find(({ ref }) => ref.version === version);
  if (info !== undefined) return info;
  const mention = namedVersion(name, version);
  const states = engine.statusesOf(name).filter((status) => version === undefined || status.version === version);
  for (const { state } of states) {
    if (state.kind !== 'failed') continue;
    throw new MillraceError('failed_precondition', msg`${mention} failed to load: ${state.wording ?? state.reason}`);
  }
  throw new MillraceError('failed_precondition', msg`${mention} is not loaded`);
}
