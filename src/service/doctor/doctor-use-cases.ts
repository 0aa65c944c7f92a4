import type { CallContext, Finding } from '../../core/index.js';
import { admit } from '../../governance/index.js';
import type { KeptRepository, Models } from '../../models/index.js';

/** Findings about the server: problems to correct, and facts to know. */
export interface DoctorUseCases {
  /** Examines the server now; requests at the same time share the answer. Needs the right `access.read`. */
  examine(call: CallContext): Promise<Examination>;
}

export interface Examination {
  /** Of the server. */
  readonly version: string;
  readonly findings: readonly Finding[];
}

export interface DoctorSetup {
  readonly version: string;
  /** From the assembly, which knows all of the server. `kept`: repositories whose last scan is not followed. */
  readonly examine: (kept: readonly KeptRepository[]) => Promise<readonly Finding[]>;
}

export function createDoctorUseCases(
  { version, examine }: DoctorSetup,
  models: Pick<Models, 'keptRepositories'>,
): DoctorUseCases {
  let looking: Promise<readonly Finding[]> | undefined;
  return {
    async examine(call) {
      admit(call.principal, 'access.read', '*');
      looking ??= examine(models.keptRepositories).finally(() => {
        looking = undefined;
      });
      return { version, findings: await looking };
    },
  };
}
