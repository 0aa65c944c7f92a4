import type { InferResult } from '../../src/service/index.js';
import { createFakeService } from './fake-service.js';
import { withCases } from './service-of.js';

/** A service whose one inference waits for the test. */
export function createSlowService() {
  const service = createFakeService();
  const infer = service.inference.infer.bind(service.inference);
  let release = () => undefined as unknown;
  let onStart = () => undefined as unknown;
  const started = new Promise<void>((resolve) => {
    onStart = resolve;
  });
  const slow = withCases(service, {
    infer: (call, resolved, request) =>
      new Promise<InferResult>((resolve, reject) => {
        call.onCancel(reject);
        release = () => resolve(infer(call, resolved, request));
        onStart();
      }),
  });
  return { service: slow, started, release: () => release() };
}
