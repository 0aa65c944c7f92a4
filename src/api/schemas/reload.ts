import { Type } from '@sinclair/typebox';
import type { ChangedSetting, FailedReload, Reload, ReloadEndpoints, ReloadProblem } from '../reload.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const File = Type.Optional(Type.String({ description: 'Missing where it is one of several.' }));

const ChangedSettingSchema = schemaOf<ChangedSetting>()(
  Type.Object({ setting: Type.String({ description: '`auth.bindings`.' }), file: File }),
);
const ReloadProblemSchema = schemaOf<ReloadProblem>()(
  Type.Object({ file: File, message: Type.String({ description: 'As in the log.' }) }),
);

const RELOAD = {
  changed: Type.Array(ChangedSettingSchema, {
    description: 'Settings whose new values are in force since this reload.',
  }),
  needs_restart: Type.Array(Type.String(), {
    description: 'Settings whose values in the file take effect at the next start.',
  }),
  problems: Type.Array(ReloadProblemSchema, {
    description: 'Files that cannot be used: their values before stay in force.',
  }),
};
const ReloadSchema = schemaOf<Reload>()(Type.Object(RELOAD));
const FailedReloadSchema = schemaOf<FailedReload>()(
  Type.Object({
    error: Type.Object({ code: Type.Literal('failed_precondition'), message: Type.String() }),
    ...RELOAD,
  }),
);

/** Reading the files of the settings again. */
export const RELOAD_ENDPOINTS: EndpointSpecs<ReloadEndpoints> = {
  'POST /reload': {
    tag: 'server',
    summary: 'Reload keys, roles, bindings, certificates, routes, rollouts and log levels from their files',
    control: true,
    answer: ReloadSchema,
    errors: {
      409: {
        description: 'A file cannot be used. Other files may have taken effect, as the answer says.',
        schema: FailedReloadSchema,
      },
    },
  },
};
