import { Type } from '@sinclair/typebox';
import { jsonResponse, type Route, type WireResponse } from '../protocols/index.js';
import type { Service } from '../service/index.js';

const GOT = { method: 'GET', control: false } as const;

/** Where load balancers and scripts ask language-model servers such as llama.cpp and vLLM for their health. */
const HEALTH_PATHS = ['/health', '/v1/health', '/ping'] as const;

/**
 * Health, which needs no key, and version of the server, each for a listener where no dialect has a route of that path. Clients read
 * `status`, whatever they accept.
 */
export function createHealthRoutes(service: Pick<Service, 'server'>): readonly Route[] {
  return [
    ...HEALTH_PATHS.map(
      (path): Route => ({
        ...GOT,
        path,
        tag: 'health',
        summary: 'Report whether the server is ready: 200 or 503',
        access: 'public',
        response: Type.Object({ status: Type.Literal('ok') }),
        handle: () => answerHealth(service.server.ready()),
      }),
    ),
    {
      ...GOT,
      path: '/version',
      tag: 'server',
      summary: "Report the server's version",
      access: 'key',
      response: Type.Object({ version: Type.String() }),
      handle: (call) => jsonResponse({ version: service.server.info(call).version }),
    },
  ];
}

function answerHealth(isReady: boolean): WireResponse {
  return isReady ? jsonResponse({ status: 'ok' }) : { ...jsonResponse({ status: 'unavailable' }), status: 503 };
}
