import { type MillraceError, toMillraceError } from '../../core/index.js';
import type { InferResult } from '../types.js';
import type { Inference, QuotaGate } from './quota-gate.js';

interface InferParts {
  readonly run: (inference: Inference) => Promise<InferResult>;
  /** A request has ended before it began. */
  readonly onRefused: (inference: Inference, error: MillraceError) => void;
}

/** Runs requests as long as quotas last. */
export function inferWithinQuotas(quotas: Pick<QuotaGate, 'open'>, { run, onRefused }: InferParts): InferParts['run'] {
  return (inference) => {
    const refuse = (thrown: unknown): Promise<never> => {
      const error = toMillraceError(thrown);
      onRefused(inference, error);
      return Promise.reject(error);
    };
    let account: ReturnType<QuotaGate['open']>;
    try {
      account = quotas.open(inference);
    } catch (thrown) {
      return refuse(thrown);
    }
    return account instanceof Promise
      ? account.then((late) => run({ ...inference, account: late }), refuse)
      : run({ ...inference, account });
  };
}
