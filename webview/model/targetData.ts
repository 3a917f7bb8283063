import type { ReactiveControllerHost } from 'lit';
import type { Deployment, OpenedModel } from '../../src/protocol/page';
import type { TargetReport } from '../../src/protocol/targets';
import { type Classes, PRECISION } from '../graph/classes';
import { type Placements, targetClasses } from '../graph/placements';
import { type HostError, host, toHostError } from '../host';

const NONE: Placements = new Map();
const WITHOUT_TARGET: readonly Classes[] = [PRECISION];

/** What the chosen deployment target says of the model: asked when somebody looks, and again when the model was opened again. */
export class TargetData {
  report: TargetReport | null = null;
  deployment: Deployment | null = null;
  error: HostError | null = null;
  /** Where each row runs, by its id. */
  placements: Placements = NONE;
  private told: { target: string; placements: Placements; classes: readonly Classes[] } | null = null;
  private asked: { model: OpenedModel; target: string; runMs: number | null } | null = null;

  constructor(private readonly page: Pick<ReactiveControllerHost, 'requestUpdate'>) {}

  /** Asks where something else is wanted than was asked last. */
  want(model: OpenedModel, target: string, runMs: number | null): void {
    const { asked } = this;
    if (asked?.model === model && asked.target === target && asked.runMs === runMs) return;
    const wanted = { model, target, runMs };
    this.asked = wanted;
    void this.load(wanted);
  }

  /** What the graph can be coloured by besides figures; the same list until something else is known of the target. */
  classes(target: string | null): readonly Classes[] {
    if (target === null) return WITHOUT_TARGET;
    const { placements } = this;
    if (this.told?.target !== target || this.told.placements !== placements)
      this.told = { target, placements, classes: [PRECISION, targetClasses(target, placements)] };
    return this.told.classes;
  }

  private async load(wanted: NonNullable<TargetData['asked']>): Promise<void> {
    try {
      const [report, deployment] = await Promise.all([
        host.request('target', { target: wanted.target }),
        host.request('deployment', { runMs: wanted.runMs }),
      ]);
      if (this.asked !== wanted) return;
      this.report = report;
      this.deployment = deployment;
      this.placements = new Map((report.layers ?? []).map(({ id, where }) => [id, where]));
      this.error = null;
    } catch (error) {
      if (this.asked !== wanted) return;
      this.report = null;
      this.placements = NONE;
      this.error = toHostError(error);
    }
    this.page.requestUpdate();
  }
}
