import { describe, expect, it } from 'vitest';
import { ECHO } from '../runtimes/echo/manifest.js';
import { ENSEMBLE } from '../runtimes/ensemble/manifest.js';
import { ONNX } from '../runtimes/onnx/manifest.js';
import { SCRIPT } from '../runtimes/script/manifest.js';
import type { ModelConfig } from './model-config.js';
import { resolveModelConfig } from './resolve.js';

const resolve = (config: ModelConfig) => resolveModelConfig(config, ONNX);

describe('resolveModelConfig', () => {
  it('fills an empty configuration with the documented defaults', () => {
    expect(resolve({})).toMatchInlineSnapshot(`
      {
        "batching": {
          "enabled": "auto",
          "maxBatchCost": 0,
          "maxQueueDelayMs": 0,
          "preferredBatchSizes": [],
          "preserveOrder": false,
        },
        "composed": false,
        "inputs": [],
        "instances": {
          "background": 0,
          "count": 1,
          "environment": [],
          "kind": "auto",
          "placement": "process",
          "runner": undefined,
        },
        "limits": {
          "executionTimeoutMs": 30000,
          "loadTimeoutMs": 120000,
          "maxInFlightBytes": 268435456,
          "maxRssBytes": 0,
          "streamIdleTimeoutMs": 0,
        },
        "maxBatchSize": undefined,
        "metricTags": {},
        "name": undefined,
        "options": {
          "cacheOptimizedGraph": false,
          "enableCpuMemArena": true,
          "enableMemPattern": true,
          "executionMode": "sequential",
          "executionProviders": [
            "cpu",
          ],
          "graphOptimization": "all",
          "interOpThreads": 1,
          "intraOpThreads": 1,
        },
        "outputs": [],
        "parameters": {},
        "platform": undefined,
        "priorities": {
          "default": 1,
          "levels": 1,
          "queues": {},
        },
        "queue": {
          "allowTimeoutOverride": true,
          "maxRequests": 1024,
          "timeoutAction": "reject",
          "timeoutMs": 0,
        },
        "responseCache": {
          "enabled": false,
          "share": "principal",
          "ttlMs": 0,
        },
        "runtime": undefined,
        "sequenceBatching": undefined,
        "versions": {
          "latest": 1,
        },
        "warmup": [],
      }
    `);
  });

  it('keeps what is written and completes sections field by field', () => {
    const resolved = resolve({
      batching: { maxQueueDelayMs: 5 },
      instances: { count: 2, runner: 'shared' },
    });
    expect(resolved.batching).toEqual({
      enabled: 'auto',
      preferredBatchSizes: [],
      maxBatchCost: 0,
      maxQueueDelayMs: 5,
      preserveOrder: false,
    });
    expect(resolved.instances).toEqual({
      background: 0,
      count: 2,
      placement: 'process',
      runner: 'shared',
      kind: 'auto',
      environment: [],
    });
  });

  it('keeps a version policy other than the default whole', () => {
    expect(resolve({ versions: { specific: [1, 3] } }).versions).toEqual({ specific: [1, 3] });
    expect(resolve({ versions: 'all' }).versions).toBe('all');
  });

  it("takes what a level's queue leaves out from the model's queue", () => {
    const resolved = resolve({
      queue: { timeoutMs: 50, timeoutAction: 'delay' },
      priorities: { levels: 3, default: 2, queues: { '3': { maxRequests: 1 } } },
    });
    expect(resolved.priorities).toEqual({
      levels: 3,
      default: 2,
      queues: { '3': { maxRequests: 1, timeoutMs: 50, timeoutAction: 'delay', allowTimeoutOverride: true } },
    });
  });

  it('runs instances on a GPU through CUDA unless told otherwise', () => {
    expect(resolve({ instances: { kind: 'gpu' } }).options.executionProviders).toEqual(['cuda']);
    const onnx = { executionProviders: ['tensorrt', 'cuda'] };
    expect(resolve({ instances: { kind: 'gpu' }, onnx }).options.executionProviders).toEqual(['tensorrt', 'cuda']);
  });

  it('completes the section of the runtime, and takes no other', () => {
    const config = { echo: { delayMs: 3 }, onnx: { intraOpThreads: 2 } };
    expect(resolveModelConfig(config, ECHO).options).toEqual({ mode: 'identity', delayMs: 3, faults: false });
    expect(resolveModelConfig(config, SCRIPT).options).toEqual({});
  });

  it('places a model that is made of others in the server, without batches', () => {
    const ensemble = { steps: [{ model: 'm', inputs: { a: 'x' }, outputs: { b: 'y' } }] };
    const { instances, batching, options, composed } = resolveModelConfig({ ensemble }, ENSEMBLE);
    expect([instances.placement, batching.enabled, composed, options]).toEqual(['inline', false, true, ensemble]);
  });

  it('does not touch the configuration it is given', () => {
    const config = { inputs: [{ name: 'x' }], batching: {} };
    resolve(config);
    expect(config).toEqual({ inputs: [{ name: 'x' }], batching: {} });
  });
});
