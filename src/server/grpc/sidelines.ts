import { GRPC_STATUS_CODES } from '../../protocols/index.js';
import { GrpcRefusal } from './refusal.js';

const MAX_OPEN = 64;

/** Counts the open streams of health watches and reflection, which no limit of inference holds. */
export class Sidelines {
  #open = 0;

  /** Takes a place; what it returns leaves it. Throws `RESOURCE_EXHAUSTED` when there is none. */
  enter(): () => void {
    if (this.#open >= MAX_OPEN) {
      throw new GrpcRefusal(
        GRPC_STATUS_CODES.RESOURCE_EXHAUSTED,
        `${MAX_OPEN} streams of health watches and reflection are open, which is the most`,
      );
    }
    this.#open++;
    return () => {
      this.#open--;
    };
  }
}
