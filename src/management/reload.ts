import type { Encoded, Reload, ReloadEndpoints } from '../api/index.js';
import { RELOAD_ENDPOINTS } from '../api/schemas/index.js';
import type { Route } from '../protocols/index.js';
import type { ReloadResult, ReloadUseCases } from '../service/index.js';
import { createEndpointRoutes } from './endpoint-route.js';

/** Reading the files of the settings again. */
export function createReloadRoutes(reload: ReloadUseCases): readonly Route[] {
  return createEndpointRoutes<ReloadEndpoints>(RELOAD_ENDPOINTS, {
    'POST /reload': async (call) => ({ body: encodeReload(await reload.reload(call)) }),
  });
}

/** What came of a reload, also of one that has failed. */
export function encodeReload({ changed, needsRestart, problems }: ReloadResult): Encoded<Reload> {
  return {
    changed: changed.map(({ setting, file }) => ({ setting, file })),
    needs_restart: needsRestart,
    problems: problems.map(({ file, message }) => ({ file, message })),
  };
}
