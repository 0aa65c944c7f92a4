import type { CallContext } from '../../core/index.js';
import type { ModelStatistics, StatDuration } from '../../engine/index.js';
import type { WireResponse } from '../wire.js';
import type { TeiContext } from './read.js';

const HEADERS = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } as const;
const NS_PER_S = 1e9;

/** `GET /metrics`: the model's statistics since it was loaded, all versions together, under TEI's names. Times are seconds. */
export function answerMetrics({ service }: TeiContext, call: CallContext, name: string): WireResponse {
  const all = service.models.modelStatistics(call, name, undefined);
  const ready = service.models.readyModels(call, 'suggest').filter(({ ref }) => ref.name === name);
  const queued = ready.map(({ ref }) => service.models.modelGauges(call, ref)?.queuedRequests ?? 0);
  const [success, fail] = [total(all, 'success'), total(all, 'fail')];
  const families = [
    family('te_request_count', 'counter', { '': success.count + fail.count }),
    family('te_request_success', 'counter', { '': success.count }),
    family('te_request_failure', 'counter', { '': fail.count }),
    summary('te_request_duration', { count: success.count + fail.count, ns: success.ns + fail.ns }),
    summary('te_request_queue_duration', total(all, 'queue')),
    summary('te_request_inference_duration', total(all, 'computeInfer')),
    family('te_queue_size', 'gauge', { '': queued.reduce((sum, count) => sum + count, 0) }),
  ];
  return { status: 200, headers: HEADERS, body: families.join('') };
}

type Measured = 'success' | 'fail' | 'queue' | 'computeInfer';

function total(all: readonly ModelStatistics[], name: Measured): Readonly<StatDuration> {
  return all.reduce((sum, { [name]: { count, ns } }) => ({ count: sum.count + count, ns: sum.ns + ns }), {
    count: 0,
    ns: 0,
  });
}

function summary(name: string, { count, ns }: Readonly<StatDuration>): string {
  return family(name, 'summary', { _sum: ns / NS_PER_S, _count: count });
}

/** A family with its values by what ends their names. */
function family(name: string, type: string, values: Readonly<Record<string, number>>): string {
  const lines = Object.entries(values).map(([end, value]) => `${name}${end} ${value}\n`);
  return `# TYPE ${name} ${type}\n${lines.join('')}`;
}
