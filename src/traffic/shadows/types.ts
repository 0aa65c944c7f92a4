import type { CallContext } from '../../core/index.js';
import type { ShadowReport } from '../../shadows/index.js';

/** Reports about the shadows of routes. */
export interface ShadowUseCases {
  /** Of one route; needs the right `shadow.read`. `not_found` for what is no route, or has had no shadow. */
  report(call: CallContext, route: string): Promise<ShadowReport>;
  /** Forgets what has been counted, and its samples; needs the right `shadow.reset`. Throws as {@link report}. */
  reset(call: CallContext, route: string): Promise<void>;
}
