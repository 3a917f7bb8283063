import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { QuantizeOptions } from '../../src/protocol/options';
import type { PageEvent, PageRequests, QuantizeAnswer } from '../../src/protocol/page';
import type { ProfileReport } from '../../src/protocol/reports';
import type { RooflineReport } from '../../src/protocol/roofline';
import { HostError, host, toHostError } from '../host';

type Job = Extract<PageEvent, { kind: 'progress' }>['job'];
type Refusal = Extract<QuantizeAnswer, { status: 'refused' }>;

const HEADINGS: Record<Job, string> = {
  profile: 'Measuring latency',
  ceilings: 'Measuring this computer',
  quantize: 'Quantizing',
  search: 'Searching',
  compare: 'Comparing',
};

/** Work that runs for this page or for its document: what it says of itself, how it ended. */
export class Jobs implements ReactiveController {
  running: { job: Job; message: string; fraction: number | null; cancelling: boolean } | null = null;
  error: HostError | null = null;
  /** Whether `error` is of a profile on another device, which this computer may do instead. */
  failedElsewhere = false;
  refusal: Refusal | null = null;
  /** Path of the file that a quantization wrote. */
  written: string | null = null;

  private stopListening: () => void = () => undefined;

  constructor(
    private readonly page: ReactiveControllerHost,
    private readonly onProfiled: (report: ProfileReport) => void,
  ) {
    page.addController(this);
  }

  hostConnected(): void {
    this.stopListening = host.onEvent((event) => this.onEvent(event));
  }

  hostDisconnected(): void {
    this.stopListening();
  }

  get heading(): string {
    return this.running === null ? '' : HEADINGS[this.running.job];
  }

  async profile(params: PageRequests['profile']['params']): Promise<void> {
    await this.run('profile', async () => this.onProfiled(await host.request('profile', params)));
    this.failedElsewhere = this.error !== null && params.device != null;
    this.page.requestUpdate();
  }

  async ceilings(onMeasured: (report: RooflineReport) => void): Promise<void> {
    await this.run('ceilings', async () => onMeasured(await host.request('measureCeilings')));
  }

  async quantize(options: Partial<QuantizeOptions>): Promise<void> {
    await this.run('quantize', async () => {
      const answer = await host.request('quantize', options);
      if (answer.status === 'refused') this.refusal = answer;
      if (answer.status === 'written') this.written = answer.report.output;
    });
  }

  async keep(which: 'quantized' | 'cleaned'): Promise<void> {
    try {
      const kept = await host.request('keepCandidate', { which });
      if (kept === null) return;
      this.refusal = null;
      this.written = kept.path;
    } catch (error) {
      this.error = toHostError(error);
    } finally {
      this.page.requestUpdate();
    }
  }

  cancel(): void {
    if (this.running === null) return;
    this.update({ cancelling: true });
    void host.request('cancel');
  }

  dismiss(): void {
    this.error = null;
    this.failedElsewhere = false;
    this.refusal = null;
    this.written = null;
    this.page.requestUpdate();
  }

  /** A sentence for the user that is no job's. */
  tell(sentence: string): void {
    this.error = new HostError(sentence, false);
    this.page.requestUpdate();
  }

  private async run(job: Job, work: () => Promise<void>): Promise<void> {
    this.dismiss();
    this.running = { job, message: 'Starting', fraction: null, cancelling: false };
    this.page.requestUpdate();
    try {
      await work();
    } catch (error) {
      // Who cancels is not told that it was cancelled.
      if (!this.running?.cancelling) this.error = toHostError(error);
    } finally {
      this.running = null;
      this.page.requestUpdate();
    }
  }

  private onEvent(event: PageEvent): void {
    if (event.kind === 'progress') {
      this.running ??= { job: event.job, message: '', fraction: null, cancelling: false };
      this.update({ job: event.job, message: event.message, fraction: event.fraction });
    } else if (event.kind === 'jobEnded') {
      this.running = null;
      this.page.requestUpdate();
    } else if (event.kind === 'profiled') {
      this.onProfiled(event.report);
    }
  }

  private update(change: Partial<NonNullable<Jobs['running']>>): void {
    if (this.running !== null) this.running = { ...this.running, ...change };
    this.page.requestUpdate();
  }
}
