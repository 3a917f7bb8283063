import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { ComparisonPage, PageEvent } from '../../src/protocol/page';
import { type HostError, host, toHostError } from '../host';

/** Runs the two models when somebody asks for it: what it says of itself, how it ended. */
export class Measuring implements ReactiveController {
  running: { message: string; fraction: number | null; cancelling: boolean } | null = null;
  error: HostError | null = null;
  /** What is done, for people. */
  heading = 'Comparing';
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly page: ReactiveControllerHost,
    private readonly onMeasured: (compared: ComparisonPage) => void,
  ) {
    page.addController(this);
  }

  hostConnected(): void {
    this.stopListening = host.onEvent((event) => this.onEvent(event));
  }

  hostDisconnected(): void {
    this.stopListening();
  }

  async start(latency: boolean): Promise<void> {
    await this.run(() => host.request('measureComparison', { latency }));
  }

  /** Reads the files again, as they are now. */
  async compareAgain(): Promise<void> {
    await this.run(() => host.request('compareAgain'));
  }

  /** Looks for more candidates around one. */
  async searchOn(id: string): Promise<void> {
    this.heading = 'Searching';
    await this.run(() => host.request('continueSearch', { id }));
    this.heading = 'Comparing';
  }

  /** What takes no time worth a progress. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.error = null;
    } catch (error) {
      this.error = toHostError(error);
    }
    this.page.requestUpdate();
  }

  private async run(request: () => Promise<ComparisonPage | null>): Promise<void> {
    this.error = null;
    this.update({ message: 'Starting', fraction: null, cancelling: false });
    try {
      const compared = await request();
      if (compared !== null) this.onMeasured(compared);
    } catch (error) {
      this.error = toHostError(error);
    } finally {
      this.update(null);
    }
  }

  cancel(): void {
    if (this.running === null) return;
    this.update({ ...this.running, cancelling: true });
    void host.request('cancel');
  }

  dismiss(): void {
    this.error = null;
    this.page.requestUpdate();
  }

  private onEvent(event: PageEvent): void {
    if (event.kind !== 'progress' || this.running === null) return;
    this.update({ ...this.running, message: event.message, fraction: event.fraction });
  }

  private update(running: Measuring['running']): void {
    this.running = running;
    this.page.requestUpdate();
  }
}
