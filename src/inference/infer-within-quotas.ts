import type { Inference, QuotaAccount, QuotaGate } from '../account/index.js';
import { type MillraceError, toMillraceError } from '../core/index.js';
import type { InferResult } from './types.js';

interface InferParts {
  /** `account`: where what it takes counts; undefined = nowhere. */
  readonly run: (inference: Inference, account: QuotaAccount | undefined) => Promise<InferResult>;
  /** A request has ended before it began. */
  readonly onRefused: (inference: Inference, error: MillraceError) => void;
}

/** Runs requests as long as quotas last. */
export function inferWithinQuotas(
  quotas: Pick<QuotaGate, 'open'>,
  { run, onRefused }: InferParts,
): (inference: Inference) => Promise<InferResult> {
  const refuse = (inference: Inference, thrown: unknown): Promise<never> => {
    const error = toMillraceError(thrown);
    onRefused(inference, error);
    return Promise.reject(error);
  };
  return (inference) => {
    let account: ReturnType<QuotaGate['open']>;
    try {
      account = quotas.open(inference);
    } catch (thrown) {
      return refuse(inference, thrown);
    }
    if (!(account instanceof Promise)) return run(inference, account);
    return account.then(
      (late) => run(inference, late),
      (thrown: unknown) => refuse(inference, thrown),
    );
  };
}
