import type { LabelUseCases } from './labels/types.js';
import type { OutcomeUseCases } from './outcomes/types.js';
import type { RolloutUseCases } from './rollouts/types.js';
import type { RouteUseCases } from './routes/types.js';
import type { ShadowUseCases } from './shadows/types.js';
import type { SloUseCases } from './slos/types.js';

/** Which callers get which version of a model. All reject with MillraceError. */
export interface TrafficUseCases {
  readonly labels: LabelUseCases;
  readonly routes: RouteUseCases;
  readonly shadows: ShadowUseCases;
  readonly outcomes: OutcomeUseCases;
  readonly rollouts: RolloutUseCases;
  readonly slos: SloUseCases;
}
