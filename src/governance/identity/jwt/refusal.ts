import { MillraceError } from '../../../core/index.js';

/** Why a token is not accepted: for the log, where it is the cause of an {@link InvalidToken}. */
export class TokenRefusal extends Error {}

/** A bearer token is not accepted (`invalid_token` of RFC 6750). Its caller is not told why. */
export class InvalidToken extends MillraceError {
  constructor(refusal: Error) {
    super('unauthenticated', 'this token is not accepted', { cause: refusal });
    this.name = 'InvalidToken';
  }
}
