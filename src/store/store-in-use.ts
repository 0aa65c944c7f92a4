import { MillraceError } from '../core/index.js';

/** Another process is the writer of the store: `unavailable`. */
export class StoreInUse extends MillraceError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('unavailable', message, options);
    this.name = 'StoreInUse';
  }
}
