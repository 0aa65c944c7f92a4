/** A runner that the test has killed. All times are `performance.now()`. */
export interface Kill {
  /** Model that lived in it. */
  readonly model: string;
  readonly label: string;
  readonly at: number;
}

/** One build of a model and when it may have answered. */
export interface Life {
  readonly model: string;
  readonly version: number;
  readonly build: number;
  /** Its files were about to be written: runners started from here on may read them. */
  readonly from: number;
  /** The load of its successor was answered: requests sent later must not meet it any more. */
  until: number;
}

/** A request that got an error, a broken connection or nothing at all. */
export interface Failure {
  readonly model: string;
  /** It asked the model to hang. Default: false. */
  readonly hang?: boolean;
  /** An answer of its stream, or a step of its sequence, was there before. Default: false. */
  readonly began?: boolean;
  /** It came within a stream, where nothing says when to try again. Default: false. */
  readonly streamed?: boolean;
  /** A step of its sequence before it has failed. Default: false. */
  readonly follows?: boolean;
  /** When its sequence began. Default: when it was sent. */
  readonly startedAt?: number;
  /** 0 = no answer. */
  readonly status: number;
  readonly message: string;
  readonly retryAfter?: string | undefined;
  readonly sentAt: number;
  readonly receivedAt: number;
}

export interface Counts {
  sent: number;
  right: number;
  /** The test itself has broken the connection off. */
  left: number;
}

/** What has happened, as far as the test has done or seen it. */
export class Journal {
  readonly kills: Kill[] = [];
  readonly lives: Life[] = [];
  readonly failures: Failure[] = [];
  /** Sentences about answers that were not what they had to be. */
  readonly wrong: string[] = [];
  /** By model. */
  readonly counts = new Map<string, Counts>();
  /** What was done to the server, by its name, and the fewest right answers that came while it lasted. */
  readonly troubles = new Map<string, number>();
  /** Answers to attackers, counted as `megabytes to tokenise: 400`. */
  readonly attacks = new Map<string, number>();
  /** Answers to attackers that they may not be given. */
  readonly unlisted: string[] = [];
  /** What a language model has said first, by prompt. */
  readonly #texts = new Map<string, string>();
  /** Protocols in which requests have been answered. */
  readonly spoken = new Set<string>();
  stoppedAt = Number.POSITIVE_INFINITY;

  countsOf(model: string): Counts {
    const counts = this.counts.get(model) ?? { sent: 0, right: 0, left: 0 };
    this.counts.set(model, counts);
    return counts;
  }

  /** The right answers of a model, or of all. */
  right(model?: string): number {
    if (model !== undefined) return this.countsOf(model).right;
    return [...this.counts.values()].reduce((sum, { right }) => sum + right, 0);
  }

  /** Notes that a trouble has lasted while so many right answers came. */
  outlast(trouble: string, right: number): void {
    this.troubles.set(trouble, Math.min(this.troubles.get(trouble) ?? right, right));
  }

  noteAttack(name: string, answer: number | string): void {
    const key = `${name}: ${answer}`;
    this.attacks.set(key, (this.attacks.get(key) ?? 0) + 1);
  }

  /** What a prompt is completed with: what it was first. */
  textFor(prompt: string, said: string): string {
    const first = this.#texts.get(prompt) ?? said;
    this.#texts.set(prompt, first);
    return first;
  }

  /** For the clients of a server that follows: it has the builds that live, and has seen no trouble. */
  succeed(): Journal {
    const next = new Journal();
    next.lives.push(
      ...this.lives.filter(({ until }) => until === Number.POSITIVE_INFINITY).map((life) => ({ ...life })),
    );
    for (const [prompt, text] of this.#texts) next.textFor(prompt, text);
    return next;
  }

  /** A new build of a model begins to live. */
  begin(life: Omit<Life, 'until'>): void {
    this.lives.push({ ...life, until: Number.POSITIVE_INFINITY });
  }

  /** A build is loaded: those before it must not answer what is sent from now on. */
  supersede(model: string, build: number, at: number): void {
    for (const life of this.lives) {
      if (life.model === model && life.build < build && life.until === Number.POSITIVE_INFINITY) life.until = at;
    }
  }

  /** The request of that time may have been answered by this build, under this version number if one is given. */
  wasLive(
    answer: { readonly model: string; readonly version: number | undefined; readonly build: number },
    sentAt: number,
    receivedAt: number,
  ) {
    return this.lives.some(
      (life) =>
        life.model === answer.model &&
        (answer.version === undefined || life.version === answer.version) &&
        life.build === answer.build &&
        life.from <= receivedAt &&
        life.until >= sentAt,
    );
  }

  killsWithin(model: string, from: number, to: number): number {
    return this.kills.filter((kill) => kill.model === model && kill.at >= from && kill.at <= to).length;
  }
}
