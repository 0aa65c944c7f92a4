import type { Service } from '../../service/index.js';
import { jsonResponse, type Route } from '../route.js';
import { LogSettingsSchema, LogUpdateSchema, TraceSettingsSchema, TraceUpdateSchema } from './routes-schemas.js';
import { readLog, readTrace, updateLog, updateTrace } from './settings.js';

const READ = { method: 'GET', tag: 'settings', access: 'key', control: false } as const;
const CHANGE = { method: 'POST', tag: 'settings', access: 'key', control: true } as const;

/** The trace and logging extensions. */
export function createSettingsRoutes(service: Pick<Service, 'server'>): readonly Route[] {
  return [
    ...traceRoutes(service, '/v2/trace/setting'),
    ...traceRoutes(service, '/v2/models/{model}/trace/setting'),
    {
      ...READ,
      path: '/v2/logging',
      summary: 'Log settings',
      response: LogSettingsSchema,
      handle: (call) => jsonResponse(readLog(service, call)),
    },
    {
      ...CHANGE,
      path: '/v2/logging',
      summary: 'Changes log settings',
      body: { kind: 'json', schema: LogUpdateSchema },
      response: LogSettingsSchema,
      handle: async (call, { json }) => jsonResponse(await updateLog(service, call, knownLogSettings(json as object))),
    },
  ];
}

function traceRoutes(service: Pick<Service, 'server'>, path: string): readonly Route[] {
  const whose = path.includes('{model}') ? ' of a model' : '';
  return [
    {
      ...READ,
      path,
      summary: `Trace settings${whose}`,
      response: TraceSettingsSchema,
      handle: (call, { params }) => jsonResponse(readTrace(service, call, params.model)),
    },
    {
      ...CHANGE,
      path,
      summary: `Changes trace settings${whose}`,
      body: { kind: 'json', schema: TraceUpdateSchema },
      response: TraceSettingsSchema,
      handle: async (call, { params, json }) =>
        jsonResponse(await updateTrace(service, { call, model: params.model }, knownTraceSettings(json as object))),
    },
  ];
}

/** What there is in this version of the protocol of the trace settings that a client sends; the rest is passed over, as in Triton. */
export function knownTraceSettings(body: object): Settings {
  return known(body, TraceSettingsSchema.properties);
}

/** The same of the log settings. */
export function knownLogSettings(body: object): Settings {
  return known(body, LogSettingsSchema.properties);
}

type Settings = Readonly<Record<string, unknown>>;

function known(body: object, properties: object): Settings {
  return Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(properties, name)));
}
