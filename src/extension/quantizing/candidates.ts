import type { QuantizeOptions } from '../../protocol/options';
import type { QuantizeReport } from '../../protocol/reports';
import type { QuantizeOutcome } from '../../quantization/job/outcome';
import { outputPath } from '../../quantization/outputPath';
import type { KeptFolder } from './keptFiles';

type Refusal = Extract<QuantizeOutcome, { status: 'refused' }>;

/** What a refused job built, kept until the user decides. */
export class Candidates {
  private refusal: Refusal | undefined;
  private wish: QuantizeOptions | undefined;

  private readonly folder: KeptFolder;

  /** @param folder where the files lie; held until `discard` */
  constructor(folder: KeptFolder) {
    this.folder = folder.hold();
  }

  offer(refusal: Refusal, options: QuantizeOptions): this {
    this.refusal = refusal;
    this.wish = options;
    return this;
  }

  get report(): QuantizeReport {
    return this.offered.refusal.report;
  }

  /** The file that was built, the name that it gets, and what was asked for. */
  choice(which: 'quantized' | 'cleaned'): { built: string; output: string; options: QuantizeOptions } {
    const { refusal, options } = this.offered;
    const output = which === 'quantized' ? options.output : outputPath(options.model, 'float32');
    return { built: refusal.candidates[which], output, options };
  }

  async discard(): Promise<void> {
    await this.folder.release();
  }

  private get offered(): { refusal: Refusal; options: QuantizeOptions } {
    if (!this.refusal || !this.wish) throw new Error('Nothing was offered yet.');
    return { refusal: this.refusal, options: this.wish };
  }
}
