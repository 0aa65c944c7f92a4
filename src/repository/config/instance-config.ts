import { type Static, Type } from '@sinclair/typebox';
import { BY_LOAD, OWN_FILES_ONLY } from '../../runtimes/index.js';

const strict = { additionalProperties: false } as const;
const section = { ...strict, default: {} } as const;

export const RateLimiterSchema = Type.Object(
  {
    resources: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ ...BY_LOAD, minLength: 1 }),
            count: Type.Integer({ ...BY_LOAD, minimum: 1 }),
            global: Type.Optional(
              Type.Boolean({
                ...BY_LOAD,
                description: "As in Triton's configuration; there is one machine, so it changes nothing.",
              }),
            ),
          },
          strict,
        ),
        { description: 'What each batch needs while it runs; counts where the server has `engine.rateLimit` on.' },
      ),
    ),
    priority: Type.Optional(
      Type.Integer({ ...BY_LOAD, minimum: 1, description: '2 gets half the turns of 1. Default: 1.' }),
    ),
  },
  strict,
);

export const InstanceConfigSchema = Type.Object(
  {
    count: Type.Optional(Type.Integer({ ...BY_LOAD, minimum: 1, maximum: 64, default: 1 })),
    background: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        maximum: 64,
        default: 0,
        description:
          'Further instances, for requests of the background only (jobs, copies for shadows), which the others then do not get. Their runners have the lowest priority of the system. ' +
          'Needs processes of its own, and requests without sequences.',
      }),
    ),
    placement: Type.Optional(
      Type.Union([Type.Literal('process'), Type.Literal('inline')], {
        ...OWN_FILES_ONLY,
        default: 'process',
        description:
          '`process`: a runner process, which can be killed and releases its memory. `inline`: in the serving thread; ' +
          'for micro-models only; it cannot be killed, has no memory limit and does not release its memory.',
      }),
    ),
    runner: Type.Optional(
      Type.String({
        ...OWN_FILES_ONLY,
        description: 'Name of a runner process shared with the other models that give the same name.',
      }),
    ),
    environment: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        ...OWN_FILES_ONLY,
        default: [],
        description:
          'Environment variables of the server that its runners get, besides those that every program needs: see ' +
          '[operations](operations.md#what-runners-may-see). Models that share a runner do so with those that name the same ones.',
      }),
    ),
    kind: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Literal('cpu'), Type.Literal('gpu')], {
        ...BY_LOAD,
        default: 'auto',
        description: '`gpu`: through CUDA, refused where there is none. `auto` and `cpu`: on the CPU.',
      }),
    ),
    rateLimiter: Type.Optional(RateLimiterSchema),
  },
  section,
);

export const LimitsConfigSchema = Type.Object(
  {
    executionTimeoutMs: Type.Optional(
      Type.Number({
        ...BY_LOAD,
        exclusiveMinimum: 0,
        default: 30_000,
        description:
          'A batch that runs longer is considered hung: its runner is killed and restarted. Must be less than ' +
          '`server.requestTimeoutMs` so that callers learn of it. Time spent waiting for another model does not count.',
      }),
    ),
    streamIdleTimeoutMs: Type.Optional(
      Type.Number({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description:
          'For models of many answers, in place of `executionTimeoutMs`: the longest time between two answers of a stream, ' +
          'however long it lasts as a whole. Time spent waiting for a slow reader or another model does not count. A stream ' +
          'that gives none for longer ends with `unavailable`; if no other stream of its instance has an answer meanwhile, its ' +
          'runner is killed and restarted. 0 = a minute for models that generate text, `executionTimeoutMs` for others.',
      }),
    ),
    loadTimeoutMs: Type.Optional(Type.Number({ ...BY_LOAD, exclusiveMinimum: 0, default: 120_000 })),
    maxRssBytes: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 0,
        default: 0,
        description: 'Resident memory above which a runner is killed; 0 = the `runners.maxRssBytes` of the server.',
      }),
    ),
    maxInFlightBytes: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        default: 268_435_456,
        description: 'Input bytes of requests that wait or run; more are refused at once.',
      }),
    ),
  },
  section,
);

export type InstanceConfig = Static<typeof InstanceConfigSchema>;
export type LimitsConfig = Static<typeof LimitsConfigSchema>;
