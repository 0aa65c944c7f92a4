import type { InferResult } from '../../src/service/index.js';
import { createFakeService } from './fake-service.js';
import { requestText } from './raw-client.js';
import { withCases } from './service-of.js';

/** A request for the model `m`, whose answer has the same id. */
export function inferText(id: string): string {
  return requestText(
    'POST /v2/models/m/infer',
    {},
    JSON.stringify({ id, inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] }),
  );
}

/** A service whose inferences wait until the test lets them go, by id. */
export function createHeldService() {
  const service = createFakeService();
  const infer = service.inference.infer.bind(service.inference);
  const waiting = new Map<string, () => void>();
  const arrivals: (() => void)[] = [];
  const held = withCases(service, {
    infer: (call, resolved, request) =>
      new Promise<InferResult>((resolve, reject) => {
        call.onCancel(reject);
        waiting.set(request.id, () => resolve(infer(call, resolved, request)));
        for (const arrived of arrivals.splice(0)) arrived();
      }),
  });
  const arrived = async (count: number) => {
    while (waiting.size < count) await new Promise<void>((resolve) => arrivals.push(resolve));
  };
  return { service: held, arrived, release: (id: string) => waiting.get(id)?.() };
}
