import { MillraceError } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import type { Route } from '../route.js';
import { Predictions } from './predict.js';
import { targetOf } from './version.js';

const PREDICTIONS = ['/predictions/{model}', '/predictions/{model}/{version}'] as const;
/** TorchServe takes any of them, with a body. */
const METHODS = ['POST', 'PUT', 'GET'] as const;

/** TorchServe's inference API. */
export function createInferenceRoutes(context: DialectContext): readonly Route[] {
  const predictions = new Predictions(context);
  return [
    ...PREDICTIONS.flatMap((path) =>
      METHODS.map(
        (method): Route => ({
          method,
          path,
          tag: 'torchserve',
          summary: `Runs ${path.endsWith('{version}') ? 'one version of a model' : 'a model'} on a photo, a sound, a text, JSON, a raw tensor, or a form of them`,
          access: 'key',
          control: false,
          inference: true,
          streams: true,
          body: { kind: 'bytes' },
          handle: (call, request) => predictions.answer(call, targetOf(request), request),
        }),
      ),
    ),
    {
      method: 'POST',
      path: '/explanations/{model}',
      tag: 'torchserve',
      summary: 'Refused: models have no explainers',
      access: 'key',
      control: false,
      handle: () => {
        throw new MillraceError('unimplemented', 'models have no explainers here; ask for predictions');
      },
    },
  ];
}
