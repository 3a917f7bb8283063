import { adaptFeeds } from './adaptFeeds';
import type { DataInput } from './dataInput';
import type { Engine, Feeds, Session, SessionOptions, Signature } from './engine';
import { inRealNumbers } from './quantizedValues';

/**
 * Runs several models, of several formats even, on the inputs of one of them, and gives real numbers where a model
 * gives quantized ones: what is compared is then alike. `given` are the one model's inputs; `engineOf` says what
 * runs a file.
 */
export function adaptedEngine(
  given: readonly DataInput[],
  engines: readonly Engine[],
  engineOf: (path: string) => Engine,
): Engine {
  return {
    // Some engines know their version only once they were used.
    get name() {
      return [...new Set(engines.map(({ name }) => name))].join(' and ');
    },
    async load(path: string, options: SessionOptions): Promise<Session> {
      return new AdaptedSession(await engineOf(path).load(path, options), given, path);
    },
  };
}

class AdaptedSession implements Session {
  readonly inputs: readonly Signature[];
  readonly outputs: readonly Signature[];
  readonly time?: (feeds: Feeds) => Promise<number>;
  /** By the feeds that they were made of, so that the same feeds stay the same object. */
  readonly #adapted = new WeakMap<Feeds, Feeds>();

  constructor(
    private readonly session: Session,
    private readonly given: readonly DataInput[],
    private readonly path: string,
  ) {
    this.inputs = session.inputs;
    this.outputs = session.outputs;
    if (session.time !== undefined)
      this.time = async (feeds) => session.time?.(this.#adapt(feeds)) ?? Number.NaN;
  }

  async run(feeds: Feeds, fetches?: readonly string[]): Promise<Feeds> {
    return inRealNumbers(await this.session.run(this.#adapt(feeds), fetches), this.outputs);
  }

  async invoke(feeds: Feeds): Promise<void> {
    const adapted = this.#adapt(feeds);
    if (this.session.invoke === undefined) await this.session.run(adapted);
    else await this.session.invoke(adapted);
  }

  #adapt(feeds: Feeds): Feeds {
    const known = this.#adapted.get(feeds);
    if (known !== undefined) return known;
    const adapted = adaptFeeds(feeds, this.given, this.inputs, this.path);
    this.#adapted.set(feeds, adapted);
    return adapted;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
