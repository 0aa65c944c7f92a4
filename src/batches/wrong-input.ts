/** What a batch names cannot be its input, now or later. */
export class WrongInput extends Error {
  /** `input_unreadable`, `input_not_allowed`, `too_many_objects`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WrongInput';
    this.code = code;
  }
}
