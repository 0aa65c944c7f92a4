import { describe, expect, it } from 'vitest';
import { shapesOf, sizesToMeasure } from './measure-server.js';
import { readServedConfig } from './served-model.js';

describe('the configuration of a model', () => {
  it('says how it is batched, on how many instances, and how many requests may wait', () => {
    const config = readServedConfig('m', {
      max_batch_size: 16,
      dynamic_batching: {
        preferred_batch_size: [8, 4, 16],
        max_queue_delay_microseconds: '2500',
        default_queue_policy: { max_queue_size: 50 },
      },
      instance_group: [{ count: 2 }, { count: 1 }],
    });
    expect(config).toEqual({
      batching: { batching: true, maxRows: 16, preferredSizes: [4, 8], maxDelayMs: 2.5 },
      instances: 3,
      maxQueuedRequests: 50,
    });
  });

  it('has the defaults of millrace where it says nothing', () => {
    expect(readServedConfig('m', {})).toEqual({
      batching: { batching: false, maxRows: 1, preferredSizes: [], maxDelayMs: 0 },
      instances: 1,
      maxQueuedRequests: 1_024,
    });
  });

  it.each([
    [
      { model_transaction_policy: { decoupled: true } },
      'may give several answers: plan predicts single requests with one answer',
    ],
    [{ sequence_batching: {} }, 'keeps sequences: plan predicts requests that do not depend on each other'],
    [{ ensemble_scheduling: { step: [] } }, 'is an ensemble: plan each of the models that it calls'],
  ])('is refused where it is %j', (config, reason) => {
    expect(() => readServedConfig('m', config)).toThrow(`model 'm' ${reason}`);
  });
});

describe('the batch sizes to measure', () => {
  const sizesOf = (rowsPerRequest: number, maxRows: number, batching = true) =>
    sizesToMeasure({ batching: { batching, maxRows, preferredSizes: [], maxDelayMs: 0 } }, rowsPerRequest);

  it('are whole requests, doubled up to the largest batch', () => {
    expect(sizesOf(1, 16)).toEqual([1, 2, 4, 8, 16]);
    expect(sizesOf(3, 16)).toEqual([3, 6, 12, 15]);
    expect(sizesOf(1, 1)).toEqual([1]);
    expect(sizesOf(16, 16)).toEqual([16]);
  });

  it('are those of a request alone where the model does not batch', () => {
    expect(sizesOf(2, 16, false)).toEqual([2]);
  });
});

describe('the shapes that were given', () => {
  it('are those of a request, and have its rows many times in a batch', () => {
    const shapes = { x: [2, 576], scale: [] };
    expect(shapesOf(shapes, 1)).toEqual(shapes);
    expect(shapesOf({ x: [2, 576] }, 4)).toEqual({ x: [8, 576] });
    expect(shapesOf(undefined, 4)).toEqual({});
  });
});
