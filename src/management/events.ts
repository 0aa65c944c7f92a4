import type { ApiEvent, Encoded, EventEndpoints } from '../api/index.js';
import { EVENT_ENDPOINTS } from '../api/schemas/index.js';
import { invalidArgument } from '../core/index.js';
import type { Route } from '../protocols/index.js';
import type { EventUseCases, FeedItem, RecordedEvent } from '../service/index.js';
import { timeOf } from '../text/index.js';
import { createEndpointRoutes } from './endpoint-route.js';
import { EVENT_STREAM_HEADERS, GREETING, HEARTBEAT, readEventId, writeEvent } from './event-stream.js';

const MAX_ID_LENGTH = 64;

/** What happens to the server. */
export function createEventRoutes(events: EventUseCases): readonly Route[] {
  return createEndpointRoutes<EventEndpoints>(EVENT_ENDPOINTS, {
    'GET /events'(call, { query, headers }) {
      const after = readEventId(headers) ?? query.get('after') ?? undefined;
      if (after !== undefined && after.length > MAX_ID_LENGTH) {
        throw invalidArgument(`after: expected the id of an event, got ${after.length} characters`);
      }
      return { other: { status: 200, headers: EVENT_STREAM_HEADERS, stream: write(events.follow(call, after)) } };
    },
  });
}

async function* write(items: AsyncIterable<FeedItem>): AsyncGenerator<string> {
  for await (const item of items) {
    if (item.kind === 'begun') yield GREETING;
    else if (item.kind === 'idle') yield HEARTBEAT;
    else {
      const event = encode(item);
      yield writeEvent(event.id, event);
    }
  }
}

function encode(item: Extract<FeedItem, { readonly kind: 'event' | 'gap' }>): Encoded<ApiEvent> {
  if (item.kind === 'event') return encodeEvent(item.event);
  return { id: item.id, at: timeOf(item.atMs), type: 'gap', missed: item.missed };
}

function encodeEvent({ id, atMs, happening }: RecordedEvent): Encoded<ApiEvent> {
  const recorded = { id, at: timeOf(atMs) };
  switch (happening.kind) {
    case 'model.state': {
      const { kind: type, model, version, state, reason, loadMs } = happening;
      return { ...recorded, type, model, version, state, reason, load_ms: loadMs };
    }
    case 'runner.started': {
      const { kind: type, runner, pid, startMs } = happening;
      return { ...recorded, type, runner, pid, start_ms: startMs };
    }
    case 'runner.exited': {
      const { kind: type, runner, pid, reason, isExpected } = happening;
      return { ...recorded, type, runner, pid, reason, expected: isExpected };
    }
    case 'rollout.decided': {
      const { kind: type, ...decided } = happening;
      return { ...recorded, type, ...decided };
    }
    case 'change': {
      const { kind: type, action, resource, by } = happening;
      return { ...recorded, type, action, resource: resource === '' ? undefined : resource, by };
    }
    default:
      return happening satisfies never;
  }
}
