import { invalidArgument } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import type { GrpcMethod } from '../../shared/grpc/method.js';
import { knownLogSettings, knownTraceSettings } from '../routes-settings.js';
import { readLog, readTrace, type TraceSettings, type TritonLogSettings, updateLog, updateTrace } from '../settings.js';
import { plainMethod } from './unary.js';

interface TraceRequest {
  readonly settings: Readonly<Record<string, { readonly value: readonly string[] }>>;
  readonly model_name: string;
}

interface LogValue {
  readonly bool_param?: boolean;
  readonly uint32_param?: number;
  readonly string_param?: string;
}

interface LogRequest {
  readonly settings: Readonly<Record<string, LogValue>>;
}

/** The trace and logging extensions: one method each, which changes what the request names and answers with all of them. */
export function createSettingsMethods(service: Pick<Service, 'server'>): readonly GrpcMethod[] {
  return [
    plainMethod<TraceRequest>({
      name: 'TraceSetting',
      control: true,
      answer: async (call, { settings, model_name }) => {
        const model = model_name === '' ? undefined : model_name;
        if (Object.keys(settings).length === 0) return encodeTrace(readTrace(service, call, model));
        return encodeTrace(await updateTrace(service, { call, model }, decodeTrace(settings)));
      },
    }),
    plainMethod<LogRequest>({
      name: 'LogSettings',
      control: true,
      answer: async (call, { settings }) => {
        if (Object.keys(settings).length === 0) return encodeLog(readLog(service, call));
        return encodeLog(await updateLog(service, call, decodeLog(settings)));
      },
    }),
  ];
}

/** No value resets a setting; only the level may have several. */
function decodeTrace(settings: TraceRequest['settings']): Readonly<Record<string, unknown>> {
  return mapValues(knownTraceSettings(settings) as TraceRequest['settings'], ({ value }, name) => {
    if (value.length === 0) return null;
    if (name === 'trace_level') return value;
    if (value.length === 1) return value[0];
    throw invalidArgument(`${name}: expected 1 value, got ${value.length}`);
  });
}

function encodeTrace(settings: TraceSettings): object {
  return { settings: mapValues({ ...settings }, (value) => ({ value: typeof value === 'string' ? [value] : value })) };
}

function decodeLog(settings: LogRequest['settings']): Readonly<Record<string, unknown>> {
  return mapValues(knownLogSettings(settings) as LogRequest['settings'], (value, name) => {
    const given = value.bool_param ?? value.uint32_param ?? value.string_param;
    if (given !== undefined) return given;
    throw invalidArgument(`${name}: expected a value, got none`);
  });
}

function encodeLog(settings: TritonLogSettings): object {
  const encode = (value: string | number | boolean): LogValue => {
    if (typeof value === 'boolean') return { bool_param: value };
    return typeof value === 'number' ? { uint32_param: value } : { string_param: value };
  };
  return { settings: mapValues({ ...settings }, encode) };
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
