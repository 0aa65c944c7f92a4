import { MillraceError } from '../core/index.js';

/** Another process writes the file, and one alone may: `unavailable`. */
export class StoreInUse extends MillraceError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('unavailable', message, options);
    this.name = 'StoreInUse';
  }
}
