import { type TProperties, Type } from '@sinclair/typebox';
import type {
  ApiEvent,
  ChangeEvent,
  EventEndpoints,
  GapEvent,
  ModelStateEvent,
  RolloutDecidedEvent,
  RunnerExitedEvent,
  RunnerStartedEvent,
} from '../events.js';
import { Count, parameter, Time } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';
import { VersionStateSchema } from './versions.js';

function recorded<const Name extends string, Fields extends TProperties>(
  type: Name,
  fields: Fields,
  description: string,
) {
  return Type.Object({ id: Type.String(), at: Time, type: Type.Literal(type), ...fields }, { description });
}

const RUNNER = { runner: Type.String({ description: '`fraud/3#0`' }), pid: Type.Integer() };

const ModelStateSchema = schemaOf<ModelStateEvent>()(
  recorded(
    'model.state',
    {
      model: Type.String(),
      version: Type.Integer(),
      state: VersionStateSchema,
      reason: Type.Optional(Type.String()),
      load_ms: Type.Optional(Type.Number({ minimum: 0 })),
    },
    "A model version's state has changed. Needs the right `model.observe` on the model.",
  ),
);

const RunnerStartedSchema = schemaOf<RunnerStartedEvent>()(
  recorded(
    'runner.started',
    { ...RUNNER, start_ms: Type.Number({ minimum: 0 }) },
    'A runner has started. Needs the right `metrics.read` on everything.',
  ),
);

const RunnerExitedSchema = schemaOf<RunnerExitedEvent>()(
  recorded(
    'runner.exited',
    {
      ...RUNNER,
      reason: Type.String(),
      expected: Type.Boolean({ description: 'False for a crash or a kill.' }),
    },
    'A runner has ended. Needs the right `metrics.read` on everything.',
  ),
);

const RolloutDecidedSchema = schemaOf<RolloutDecidedEvent>()(
  recorded(
    'rollout.decided',
    {
      model: Type.String(),
      canary: Type.Integer({ description: 'The version that is to take the place of the stable one.' }),
      rollout: Type.String({ description: 'Its id.' }),
      action: Type.String({ description: '`advance`, `roll_back`.' }),
      by: Type.String({ description: 'A principal, or `millrace`.' }),
      reason: Type.String(),
    },
    'A rollout has advanced or ended. Needs the right `rollout.read` on its model.',
  ),
);

const ChangeSchema = schemaOf<ChangeEvent>()(
  recorded(
    'change',
    {
      action: Type.String({ description: 'As in the audit trail: `model.load`, `labels.change`.' }),
      resource: Type.Optional(Type.String({ description: 'Missing where it is the server.' })),
      by: Type.String(),
    },
    'A caller has changed something, by whichever protocol. Needs the right `audit.read` on everything.',
  ),
);

const GapSchema = schemaOf<GapEvent>()(
  recorded(
    'gap',
    { missed: Type.Optional({ ...Count, description: 'How many; missing where it is not known.' }) },
    'Events that the reader does not get: it reads more slowly than they happen, or was away for too long.',
  ),
);

const ApiEventSchema = schemaOf<ApiEvent>()(
  Type.Union([
    ModelStateSchema,
    RunnerStartedSchema,
    RunnerExitedSchema,
    RolloutDecidedSchema,
    ChangeSchema,
    GapSchema,
  ]),
);

/** Server events. */
export const EVENT_ENDPOINTS: EndpointSpecs<EventEndpoints> = {
  'GET /events': {
    tag: 'server',
    summary: 'Stream server events: model states, runners, rollouts and changes',
    description:
      'Of each event the caller needs a right. The last 1,024 events are kept: a reader that comes back with `Last-Event-ID` gets those that it has missed. A reader that is too slow gets a `gap`.',
    control: false,
    query: { after: parameter('Id of the last event that is known. Default: only what happens from now on.') },
    events: ApiEventSchema,
  },
};
