import type { Feeds, RuntimeTensor, Session } from '../runtime/engine';
import { feedsFrom } from '../runtime/feeds';
import type { Bench } from './bench';
import { byteLength, type Samples } from './samples';

/** To run a small model costs less than to remember large outputs; this much of them is kept. */
const KEPT_BYTES = 32 * 2 ** 20;

/** What a model gives on samples: computed when it is first asked for, then kept as far as it fits. */
export class KeptOutputs {
  private readonly kept = new Map<number, Feeds>();
  private names: readonly string[] | null = null;
  private room: number;

  /** @param bytes that are kept at most; others are computed again whenever they are asked for */
  constructor(
    private readonly bench: Bench,
    private readonly path: string,
    readonly samples: Samples,
    bytes: number = KEPT_BYTES,
  ) {
    this.room = bytes;
  }

  /** Loads the model for as long as `use` takes, if something has to be computed. */
  async read<T>(
    use: (names: readonly string[], outputsOf: (index: number) => Promise<Feeds>) => Promise<T>,
  ): Promise<T> {
    let session: Session | undefined;
    const load = async () => {
      session ??= await this.bench.engine.load(this.path, { threads: this.bench.threads, untimed: true });
      return session;
    };
    try {
      this.names ??= (await load()).outputs.map(({ name }) => name);
      return await use(this.names, async (index) => {
        const known = this.kept.get(index);
        if (known !== undefined) return known;
        const outputs = await (await load()).run(await this.samples.feeds(index));
        this.room -= byteLength(outputs);
        if (this.room >= 0) this.kept.set(index, copyOf(outputs));
        return outputs;
      });
    } finally {
      await session?.close();
    }
  }
}

/** An engine may give outputs that are only valid until its session is closed. */
function copyOf(outputs: Feeds): Feeds {
  return feedsFrom(
    Object.entries(outputs).map(([name, tensor]): [string, RuntimeTensor] => [
      name,
      { ...tensor, data: tensor.data.slice() },
    ]),
  );
}
