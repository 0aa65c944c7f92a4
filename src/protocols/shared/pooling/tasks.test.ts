import { describe, expect, it } from 'vitest';
import { principalWith } from '../../../../test/support/principals.js';
import { serviceOf } from '../../../../test/support/service-of.js';
import { Call, type ModelTasks } from '../../../core/index.js';
import type { ModelInfo } from '../../../engine/index.js';
import { lacksTask, onlyModel, taskOf } from './tasks.js';

const POOLING = { maxInputTokens: 8, vocabularySize: 9 };
const call = new Call({
  requestId: 'r',
  principal: principalWith('p'),
  trace: undefined,
  deadlineAt: Number.POSITIVE_INFINITY,
  receivedAt: 0,
});
// Nothing else of them is read.
const model = (name: string, tasks?: ModelTasks) => ({ ref: { name }, ...(tasks && { tasks }) }) as ModelInfo;
const serviceWith = (models: readonly ModelInfo[], isReady = true) =>
  serviceOf({ readyModels: () => models, ready: () => isReady });
const rankers = (count: number) => Array.from({ length: count }, (_, index) => model(`r${index}`, { rank: POOLING }));

describe('a model without the task', () => {
  it('is refused with what it does, and those that have it', () => {
    const info = model('m', { classify: { ...POOLING, labels: ['a'], multiLabel: false } });
    expect(taskOf(info)).toBe('classify');
    const service = serviceWith([info, ...rankers(7)]);
    expect(lacksTask(service, call, { name: 'm@canary', info, task: 'rank' })).toMatchObject({
      code: 'unimplemented',
      message:
        "model 'm@canary' does not rank texts; it classifies texts; models that rank texts: 'r0', 'r1', 'r2', 'r3', 'r4', and 2 more",
      subject: { parameter: 'model' },
    });
  });

  it('may have none at all, and be alone', () => {
    const info = model('m');
    expect(taskOf(info)).toBeUndefined();
    const { message } = lacksTask(serviceWith([info]), call, { name: 'm', info, task: 'embed' });
    expect(message).toBe("model 'm' does not embed texts");
  });
});

describe('a request without a model', () => {
  const asked = { tasks: ['rank'], hint: '. Name one' } as const;

  it('is for the only one with the task, in whichever versions', () => {
    const [only] = rankers(1);
    expect(onlyModel(serviceWith([model('m'), ...rankers(1), only as ModelInfo]), call, asked)).toBe('r0');
  });

  it('is refused where there are several, or none, or none yet', () => {
    expect(() => onlyModel(serviceWith(rankers(2)), call, asked)).toThrow(
      "'model': expected the name of a model, got nothing; 2 models rank texts: 'r0', 'r1'. Name one",
    );
    expect(() => onlyModel(serviceWith([model('m')]), call, asked)).toThrow(
      "'model': expected the name of a model, got nothing; no model that this caller may infer ranks texts",
    );
    expect(() => onlyModel(serviceWith([], false), call, asked)).toThrow('no model is ready yet; try again later');
  });
});
