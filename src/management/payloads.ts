import type { Encoded, PayloadEndpoints, RecordedRequest } from '../api/index.js';
import { PAYLOAD_ENDPOINTS } from '../api/schemas/index.js';
import type { PayloadRecord } from '../payloads/index.js';
import type { Route } from '../protocols/index.js';
import type { PayloadUseCases } from '../service/index.js';
import { createEndpointRoutes, unstored } from './endpoint-route.js';
import { readPage, readTime } from './read-request.js';

/** Recorded requests and their answers. */
export function createPayloadRoutes(payloads: PayloadUseCases): readonly Route[] {
  return createEndpointRoutes<PayloadEndpoints>(PAYLOAD_ENDPOINTS, {
    async 'GET /payloads'(call, { query }) {
      const { limit, after } = readPage(query);
      const ask = (name: string) => query.get(name) ?? undefined;
      const filter = {
        requestId: ask('request_id'),
        name: ask('model'),
        sinceMs: readTime(query, 'since'),
        untilMs: readTime(query, 'until'),
        status: ask('status'),
      };
      const { records, next } = await payloads.search(call, filter, { limit, from: after });
      return unstored({ records: records.map(encodeRecord), next });
    },
    async 'DELETE /payloads/{request}'(call, { params: { request } }) {
      return unstored({ erased: await payloads.erase(call, request) });
    },
  });
}

function encodeRecord({ format: _, inputs, outputs, ...record }: PayloadRecord): Encoded<RecordedRequest> {
  const encode = (tensors: PayloadRecord['inputs']) =>
    tensors.map(({ summary, ...tensor }) => ({ ...tensor, summary: summary && { ...summary } }));
  return { ...record, inputs: encode(inputs), outputs: outputs && encode(outputs) };
}
