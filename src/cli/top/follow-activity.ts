import type { ApiEvent, Model } from '../../api/index.js';
import type { MillraceApi, MillraceClient } from '../../client/index.js';
import { lookPatiently } from '../following/outages.js';
import { untilSignal } from '../following/until-signal.js';
import type { Io } from '../io.js';
import { activityOf, type Snapshot, type VersionActivity } from './activity.js';
import { followEvents } from './recent-events.js';

/** What is shown at a time. */
export interface Frame {
  /** Missing rates: it is the first one. */
  readonly versions: readonly VersionActivity[];
  /** Since the frame before. */
  readonly events: readonly ApiEvent[];
  /** Why there are no events; undefined = they come. */
  readonly noEvents: string | undefined;
}

export interface FollowingActivity {
  readonly client: MillraceClient;
  readonly api: MillraceApi;
  readonly show: (frame: Frame) => void;
  readonly intervalMs: number;
  /** Frames with rates; default: until a signal. */
  readonly count?: number | undefined;
  /** Of one request. */
  readonly timeoutMs: number;
  /** Shows a frame without rates at once. */
  readonly showsFirst: boolean;
}

const MAX_PAGE = 1_000;

/** Shows the load of a server at each interval, also while it restarts; resolves with the exit code. Rejects where the first request fails, and where the server stays away later. */
export function followActivity(io: Io, following: FollowingActivity): Promise<number> {
  const { api, show, intervalMs, count = Number.POSITIVE_INFINITY, showsFirst } = following;
  const work = async (signal: AbortSignal) => {
    let last = await look(io, following, signal);
    const stopped = new AbortController();
    const events = followEvents(api, io.clock, AbortSignal.any([signal, stopped.signal]));
    const frame = (before: Snapshot | undefined): Frame => ({
      versions: activityOf(last, before),
      events: events.take(),
      noEvents: events.refusal(),
    });
    try {
      if (showsFirst) show(frame(undefined));
      for (let shown = 0; shown < count; shown++) {
        await io.clock.sleep(intervalMs, signal);
        signal.throwIfAborted();
        const before = last;
        last = await lookPatiently(io, () => look(io, following, signal), { signal });
        show(frame(before));
      }
      return 0;
    } finally {
      stopped.abort();
    }
  };
  return untilSignal(io, work, '');
}

async function look(io: Io, { client, api, timeoutMs }: FollowingActivity, signal: AbortSignal): Promise<Snapshot> {
  const call = { timeoutMs, signal };
  const models: Model[] = [];
  let after: string | undefined;
  do {
    const { body } = await api.ask('GET /models', { query: { limit: MAX_PAGE, after } }, call);
    models.push(...body.models);
    after = body.next;
  } while (after !== undefined);
  const statistics = await client.statistics(call);
  return { atMs: io.clock.now(), models, statistics };
}
