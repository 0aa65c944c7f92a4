import { MillraceError } from '../../core/index.js';
import type { Audited } from '../../governance/index.js';
import type { ReloadResult } from './reload-result.js';
import type { ReloadUseCases } from './types.js';

/** `failed_precondition`: a file cannot be used. Other files may have taken effect, as the result says. */
export class ReloadFailed extends MillraceError {
  readonly result: ReloadResult;

  constructor(result: ReloadResult) {
    super('failed_precondition', result.problems.map(({ message }) => message).join('\n'));
    this.result = result;
  }
}

interface ReloadSetup {
  /** Handed in by the assembly, which knows all files. `by`: for the log. */
  readonly reload: (by: string) => Promise<ReloadResult>;
  readonly audited: Audited;
  readonly isShuttingDown: () => boolean;
}

export function createReloadUseCases({ reload, audited, isShuttingDown }: ReloadSetup): ReloadUseCases {
  const changeOf = ({ changed }: ReloadResult) => ({
    before: undefined,
    after: { changed: changed.map(({ setting }) => setting) },
  });
  return {
    reload: (call) =>
      audited(call, { action: 'server.reload', resource: '', right: 'server.manage', changeOf }, async () => {
        if (isShuttingDown()) throw new MillraceError('unavailable', 'the server is shutting down');
        const result = await reload(call.principal.id);
        if (result.problems.length > 0) throw new ReloadFailed(result);
        return result;
      }),
  };
}
