import { Type } from '@sinclair/typebox';
import { jsonResponse, type Route } from '../protocols/index.js';
import type { ReloadResult, ReloadUseCases } from '../service/index.js';

const File = Type.Optional(Type.String({ description: 'Missing where it is one of several.' }));

const RESULT = {
  changed: Type.Array(Type.Object({ setting: Type.String({ description: '`auth.bindings`.' }), file: File }), {
    description: 'Settings whose new values are in force since this reload.',
  }),
  needs_restart: Type.Array(Type.String(), {
    description: 'Settings whose values in the file take effect at the next start.',
  }),
  problems: Type.Array(Type.Object({ file: File, message: Type.String({ description: 'As in the log.' }) }), {
    description: 'Files that cannot be used: their values before stay in force.',
  }),
};

const FailedSchema = Type.Object({
  error: Type.Object({ code: Type.Literal('failed_precondition'), message: Type.String() }),
  ...RESULT,
});

/** Reading the files of the settings again. */
export function createReloadRoutes(reload: ReloadUseCases): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/millrace/v1/reload',
      tag: 'server',
      access: 'key',
      summary: 'Reload keys, roles, bindings, certificates, routes, rollouts and log levels from their files',
      control: true,
      response: Type.Object(RESULT),
      operation: {
        responses: {
          409: {
            description: 'A file cannot be used. Other files may have taken effect, as the answer says.',
            content: { 'application/json': { schema: FailedSchema } },
          },
        },
      },
      handle: async (call) => jsonResponse(encodeReload(await reload.reload(call))),
    },
  ];
}

export function encodeReload({ changed, needsRestart, problems }: ReloadResult) {
  return { changed, needs_restart: needsRestart, problems };
}
