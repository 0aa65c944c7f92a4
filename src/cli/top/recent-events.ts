import type { ApiEvent } from '../../api/index.js';
import { type MillraceApi, MillraceClientError } from '../../client/index.js';
import type { Clock } from '../../core/index.js';

/** Between two calls of `take`; older ones are dropped. */
const MAX_KEPT = 100;
const RETRY_MS = 2_000;

/** The events of a server as they come. */
export interface RecentEvents {
  /** Those since the last call, at most 100. */
  take(): readonly ApiEvent[];
  /** Why there are none; undefined = they come. */
  refusal(): string | undefined;
}

/** Follows the events until the signal is aborted, and connects again where the connection is lost. */
export function followEvents(api: MillraceApi, clock: Clock, signal: AbortSignal): RecentEvents {
  let kept: ApiEvent[] = [];
  let refusal: string | undefined;
  let after: string | undefined;
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        for await (const event of api.events({ signal, ...(after !== undefined && { after }) })) {
          after = event.id;
          kept.push(event);
          if (kept.length > MAX_KEPT) kept.shift();
        }
      } catch (error) {
        if (error instanceof MillraceClientError && isFinal(error)) {
          refusal = error.message;
          return;
        }
      }
      // Also where it is aborted: the loop ends.
      await clock.sleep(RETRY_MS, signal);
    }
  };
  void follow();
  return {
    take() {
      const taken = kept;
      kept = [];
      return taken;
    },
    refusal: () => refusal,
  };
}

/** Asking again is of no use: the caller may not, or the server has no events. */
function isFinal({ status }: MillraceClientError): boolean {
  return status >= 400 && status < 500 && status !== 429;
}
