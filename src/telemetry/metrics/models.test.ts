import { describe, expect, it } from 'vitest';
import { batchFinished, inferFinished, REF } from '../../../test/support/finished.js';
import { samplesOf, useMetrics } from '../../../test/support/metrics-fixture.js';
import { modelInfo } from '../../../test/support/model-info.js';
import type { ModelState } from '../../core/index.js';
import type { BatchingChoice, ModelStatus } from '../../engine/index.js';

const start = useMetrics();

const MODEL = 'model="mlp",version="3"';

describe('models', () => {
  const status = (name: string, version: number, state: ModelState, tags?: Record<string, string>): ModelStatus => ({
    name,
    version,
    state,
    info: tags && modelInfo(name, { source: { ...modelInfo(name).source, config: { metricTags: tags } } }),
  });

  it('show their state, queue and instances at the moment of the scrape', async () => {
    const { scrape } = start({
      modelStates: () => [
        status('mlp', 3, { kind: 'ready' }),
        status('gone', 0, { kind: 'failed', reason: 'no "file"' }),
      ],
      gauges: () => [
        {
          ref: REF,
          queuedRequests: 4,
          queuedBytes: 256,
          executingRequests: 2,
          activeSequences: 0,
          waitingSequences: 0,
          instances: [
            { id: 'a', pid: 1, up: true, restarts: 2 },
            { id: 'b', pid: 2, up: false, restarts: 1 },
          ],
        },
      ],
    });
    const samples = await scrape();
    expect(samplesOf(samples, 'millrace_model_state')).toEqual({
      'millrace_model_state{model="mlp",state="ready",version="3"}': 1,
      'millrace_model_state{model="gone",state="failed",version=""}': 1,
    });
    const read = (name: string) => samples.get(`${name}{${MODEL}}`);
    expect([
      read('nv_inference_pending_request_count'),
      read('millrace_queued_requests'),
      read('millrace_queued_bytes'),
    ]).toEqual([4, 4, 256]);
    expect([read('millrace_executing_requests'), read('millrace_instances_up'), read('millrace_instances')]).toEqual([
      2, 1, 2,
    ]);
    expect(read('millrace_instance_restarts_total')).toBe(3);
  });

  it('show one value for both generations of a version that is being reloaded', async () => {
    const gauges = {
      queuedRequests: 1,
      queuedBytes: 10,
      executingRequests: 2,
      activeSequences: 0,
      waitingSequences: 0,
      instances: [],
    };
    const { scrape } = start({
      gauges: () => [
        { ref: REF, ...gauges },
        { ref: { ...REF, generation: 2 }, ...gauges },
      ],
    });
    const samples = await scrape();
    expect(samplesOf(samples, 'millrace_executing_requests')).toEqual({ [`millrace_executing_requests{${MODEL}}`]: 4 });
    expect(samples.get(`nv_inference_pending_request_count{${MODEL}}`)).toBe(2);
  });

  it('show what their runtimes say of each instance, of the generation that serves', async () => {
    const gauges = { queuedRequests: 0, queuedBytes: 0, executingRequests: 0, activeSequences: 0, waitingSequences: 0 };
    const instance = (index: number, used: number, steps: number) => ({
      id: `mlp/3#${index}`,
      pid: 1,
      up: true,
      restarts: 0,
      statistics: [
        { name: 'used_bytes', help: 'Used.', value: used },
        { name: 'steps_total', help: 'Steps.', value: steps },
      ],
    });
    const { scrape, render } = start({
      gauges: () => [
        { ref: REF, ...gauges, instances: [instance(0, 7, 70)] },
        { ref: { ...REF, generation: 2 }, ...gauges, instances: [instance(0, 1, 10), instance(1, 2, 20)] },
        { ref: { ...REF, version: 4 }, ...gauges, instances: [{ id: 'mlp/4#0', pid: 2, up: true, restarts: 0 }] },
      ],
    });
    const samples = await scrape();
    expect([...samples].filter(([key]) => key.startsWith('millrace_runtime_'))).toEqual([
      [`millrace_runtime_used_bytes{instance_index="0",${MODEL}}`, 1],
      [`millrace_runtime_used_bytes{instance_index="1",${MODEL}}`, 2],
      [`millrace_runtime_steps_total{instance_index="0",${MODEL}}`, 10],
      [`millrace_runtime_steps_total{instance_index="1",${MODEL}}`, 20],
    ]);
    const { body } = await render();
    expect(body).toContain('\n# HELP millrace_runtime_used_bytes Used.\n# TYPE millrace_runtime_used_bytes gauge\n');
    expect(body).toContain('\n# TYPE millrace_runtime_steps_total counter\n');
  });

  it('show whether their requests are batched, and by what that was decided', async () => {
    let batching: BatchingChoice = { enabled: true, cause: 'not_measured', reason: 'not measured: …' };
    const mlp = (): ModelStatus => ({ ...status('mlp', 3, { kind: 'ready' }), info: modelInfo('mlp', { batching }) });
    const { scrape } = start({ modelStates: () => [mlp(), status('coming', 0, { kind: 'loading' })] });
    const read = async () => samplesOf(await scrape(), 'millrace_model_batching');
    expect(await read()).toEqual({ 'millrace_model_batching{model="mlp",reason="not_measured",version="3"}': 1 });
    batching = { enabled: false, cause: 'measured_in_runs', reason: 'measured in 15 pairs of runs: …' };
    expect(await read()).toEqual({ 'millrace_model_batching{model="mlp",reason="measured_in_runs",version="3"}': 0 });
  });

  it('show the memory that was measured when they were loaded', async () => {
    const info = modelInfo('mlp', { memory: { restBytes: 60_000, peakBytes: 90_000 } });
    const states = [{ ...status('mlp', 3, { kind: 'ready' }), info }, status('coming', 0, { kind: 'loading' })];
    const { scrape } = start({ modelStates: () => states });
    expect(samplesOf(await scrape(), 'millrace_model_memory_need_bytes')).toEqual({
      'millrace_model_memory_need_bytes{model="mlp",phase="peak",version="3"}': 90_000,
      'millrace_model_memory_need_bytes{model="mlp",phase="rest",version="3"}': 60_000,
    });
  });

  it('show the memory budget and what of it is promised, where the server has one', async () => {
    const without = start();
    expect(samplesOf(await without.scrape(), 'millrace_memory_budget_bytes')).toEqual({});
    const { scrape } = start({ memoryUsage: () => ({ budgetBytes: 6_000, reservedBytes: 400 }) });
    const samples = await scrape();
    expect(samplesOf(samples, 'millrace_memory_budget_bytes')).toEqual({ 'millrace_memory_budget_bytes{}': 6_000 });
    expect(samplesOf(samples, 'millrace_memory_reserved_bytes')).toEqual({ 'millrace_memory_reserved_bytes{}': 400 });
  });

  it('carry their metric tags as labels, except names with a meaning of their own', async () => {
    const tags = { team: 'a "b" \\ c', version: '9', '0bad': 'x', __name: 'x', le: '1' };
    const { events, scrape } = start({ modelStates: () => [status('mlp', 3, { kind: 'ready' }, tags)] });
    events.publish('inferFinished', inferFinished());
    expect(samplesOf(await scrape(), 'nv_inference_request_success')).toEqual({
      'nv_inference_request_success{model="mlp",team="a \\"b\\" \\\\ c",version="3"}': 1,
    });
  });

  it('count from zero as soon as they are ready, and keep counting over a reload', async () => {
    const { events, scrape } = start();
    events.publish('modelStateChanged', { ref: REF, state: { kind: 'ready' }, loadMs: 250 });
    const first = await scrape();
    expect(first.get(`nv_inference_request_success{${MODEL}}`)).toBe(0);
    expect(first.get(`nv_model_load_duration_secs{${MODEL}}`)).toBe(0.25);
    events.publish('inferFinished', inferFinished());
    const reloaded = { ...REF, generation: 2 };
    events.publish('modelStateChanged', { ref: reloaded, state: { kind: 'ready' }, loadMs: 500 });
    events.publish('inferFinished', inferFinished({ ref: reloaded }));
    const second = await scrape();
    expect(second.get(`nv_inference_request_success{${MODEL}}`)).toBe(2);
    expect(second.get(`nv_model_load_duration_secs{${MODEL}}`)).toBe(0.5);
  });

  it('keep their counters when they are unloaded, but lose their gauges', async () => {
    const { events, scrape } = start();
    events.publish('modelStateChanged', { ref: REF, state: { kind: 'ready' }, loadMs: 250 });
    events.publish('inferFinished', inferFinished());
    events.publish('modelStateChanged', { ref: REF, state: { kind: 'unloaded', reason: 'unloaded' } });
    const samples = await scrape();
    expect(samples.get(`nv_inference_request_success{${MODEL}}`)).toBe(1);
    expect(samplesOf(samples, 'nv_model_load_duration_secs')).toEqual({});
  });

  it('that come and go for ever leave a bounded number of series', async () => {
    const { events, scrape } = start();
    for (let version = 1; version <= 1_000; version++) {
      const ref = { name: version % 2 === 0 ? 'even' : 'odd', version, generation: version };
      // Half of them never come to serve.
      if (version % 4 < 2) events.publish('modelStateChanged', { ref, state: { kind: 'ready' } });
      events.publish('batchFinished', batchFinished({ ref }));
      events.publish('modelStateChanged', {
        ref,
        state: version % 4 < 2 ? { kind: 'unloaded', reason: '' } : { kind: 'failed', reason: '' },
      });
    }
    const series = Object.keys(samplesOf(await scrape(), 'nv_inference_exec_count'));
    expect(series).toHaveLength(256);
    expect(series).toContain('nv_inference_exec_count{model="even",version="1000"}');
    expect(series).not.toContain('nv_inference_exec_count{model="even",version="744"}');
  });

  it('that are loaded and unloaded by name leave a bounded number of series, however many the index lists', async () => {
    const states: ModelStatus[] = [];
    const { events, scrape } = start({ modelStates: () => states });
    for (let number = 1; number <= 1_000; number++) {
      const ref = { name: `m${number}`, version: 1, generation: number };
      events.publish('modelStateChanged', { ref, state: { kind: 'ready' }, loadMs: 1 });
      events.publish('inferFinished', inferFinished({ ref }));
      events.publish('modelStateChanged', { ref, state: { kind: 'unloaded', reason: 'unloaded' } });
      states.push(status(ref.name, 1, { kind: 'unloaded', reason: 'unloaded' }, { team: 'a' }));
    }
    const samples = await scrape();
    for (const name of ['nv_inference_request_success', 'millrace_model_state']) {
      const series = Object.keys(samplesOf(samples, name));
      expect(series).toHaveLength(256);
      expect(series.some((each) => each.includes('model="m1000"'))).toBe(true);
      expect(series.some((each) => each.includes('model="m744"'))).toBe(false);
    }
    expect(Object.keys(samplesOf(await scrape(), 'nv_inference_request_success'))).toHaveLength(256);
  });

  it('have names that are escaped', async () => {
    const { events, scrape } = start();
    events.publish('inferFinished', inferFinished({ ref: { ...REF, name: 'a"b\\c\nd' } }));
    expect((await scrape()).get('nv_inference_request_success{model="a\\"b\\\\c\\nd",version="3"}')).toBe(1);
  });
});
