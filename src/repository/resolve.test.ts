import { describe, expect, it } from 'vitest';
import { resolveModelConfig } from './resolve.js';

describe('resolveModelConfig', () => {
  it('fills an empty configuration with the documented defaults', () => {
    expect(resolveModelConfig({})).toMatchInlineSnapshot(`
      {
        "batching": {
          "enabled": "auto",
          "maxQueueDelayMs": 0,
          "preferredBatchSizes": [],
          "preserveOrder": false,
        },
        "echo": {
          "delayMs": 0,
          "faults": false,
          "mode": "identity",
        },
        "file": "model.onnx",
        "inputs": [],
        "instances": {
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
        },
        "maxBatchSize": undefined,
        "metricTags": {},
        "name": undefined,
        "onnx": {
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
    const resolved = resolveModelConfig({
      batching: { maxQueueDelayMs: 5 },
      instances: { count: 2, runner: 'shared' },
    });
    expect(resolved.batching).toEqual({
      enabled: 'auto',
      preferredBatchSizes: [],
      maxQueueDelayMs: 5,
      preserveOrder: false,
    });
    expect(resolved.instances).toEqual({
      count: 2,
      placement: 'process',
      runner: 'shared',
      kind: 'auto',
      environment: [],
    });
  });

  it('keeps a version policy other than the default whole', () => {
    expect(resolveModelConfig({ versions: { specific: [1, 3] } }).versions).toEqual({ specific: [1, 3] });
    expect(resolveModelConfig({ versions: 'all' }).versions).toBe('all');
  });

  it("takes what a level's queue leaves out from the model's queue", () => {
    const resolved = resolveModelConfig({
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
    expect(resolveModelConfig({ instances: { kind: 'gpu' } }).onnx.executionProviders).toEqual(['cuda']);
    const onnx = { executionProviders: ['tensorrt', 'cuda'] };
    expect(resolveModelConfig({ instances: { kind: 'gpu' }, onnx }).onnx.executionProviders).toEqual([
      'tensorrt',
      'cuda',
    ]);
  });

  it('does not touch the configuration it is given', () => {
    const config = { inputs: [{ name: 'x' }], batching: {} };
    resolveModelConfig(config);
    expect(config).toEqual({ inputs: [{ name: 'x' }], batching: {} });
  });
});
